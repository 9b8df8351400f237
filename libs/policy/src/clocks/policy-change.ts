import type { PolicyPack } from '../pack/pack.schema.js';
import { sourceLabel } from '../pack/source.js';
import { addDuration } from './add-duration.js';
import { calendarOf } from './calendar.js';

/** The first moment a changed policy may take effect, and the promise behind it. */
export interface EarliestEffect {
  readonly earliest: Date;
  readonly source: string;
}

/**
 * The first moment at which a material change may take effect after its notice was delivered, or undefined where the
 * policy promised no lead time: then no date is too early.
 * @param input.deliveredAt the *last* delivery when several people must be told; for a pack that counts from
 *   publication, the moment it was published
 * @example policyChangeEarliest({ pack: ajuni, deliveredAt }) // { earliest: deliveredAt + 30 days, source: 'AJU-56' }
 */
export function policyChangeEarliest(input: { pack: PolicyPack; deliveredAt: Date }): EarliestEffect | undefined {
  const lead = input.pack.notices.policyChange.leadTime;
  if (!lead) return undefined;
  return { earliest: addDuration(input.deliveredAt, lead.value, calendarOf(input.pack)), source: sourceLabel(lead.source) };
}
