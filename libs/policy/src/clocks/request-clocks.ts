import { lawInForce, type LegalClock } from '../legal/presets.js';
import { lawsFor } from '../legal/jurisdictions.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { sourceLabel } from '../pack/source.js';
import { addDuration, localDay, toBusinessDay } from './add-duration.js';
import { calendarOf, type BusinessCalendar } from './calendar.js';

/** A deadline and who set it: a promise id, a place in the law, or `operator_default`. */
export interface Deadline {
  readonly at: Date;
  readonly source: string;
}

export interface RequestClocks {
  /** Left out when neither the policy nor the law asks for an acknowledgement within a time. */
  readonly acknowledgeBy?: Date;
  readonly due: Date;
  readonly sources: { readonly acknowledgeBy?: string; readonly due: string };
}

/**
 * The deadlines of a request: for each, the earlier of what the policy promises and what the law says where the person
 * lives. Thirty days can be later than one month (31 January), so neither alone is enough.
 * @param input.receivedAt when the request arrived, by the receiver's clock
 * @param input.jurisdiction the person's; the pack's default when left out
 * @param input.lawFrom when the law's own clock begins, where it waits for proof of identity or a fee (UK GDPR 12A)
 * @example requestClocks({ pack: ajuni, jurisdiction: 'EU', receivedAt: new Date('2027-01-31T09:00:00Z') }).sources.due // 'GDPR 12(3)'
 */
export function requestClocks(input: {
  pack: PolicyPack;
  jurisdiction?: string | undefined;
  receivedAt: Date;
  lawFrom?: Date | undefined;
}): RequestClocks {
  const { pack, receivedAt } = input;
  const calendar = calendarOf(pack);
  const { acknowledge, resolve } = pack.clocks;
  const promised = (clock: { value: string; source: Parameters<typeof sourceLabel>[0] }): Deadline => ({
    at: addDuration(receivedAt, clock.value, calendar),
    source: sourceLabel(clock.source),
  });
  const acknowledgeBy = earliest([...(acknowledge ? [promised(acknowledge)] : []), ...legalDeadlines(input, 'acknowledge')]);
  const due = earliest([promised(resolve), ...legalDeadlines(input, 'resolve')]);
  if (!due) throw new Error('unreachable: the pack always has a deadline');
  return {
    ...(acknowledgeBy ? { acknowledgeBy: acknowledgeBy.at } : {}),
    due: due.at,
    sources: { ...(acknowledgeBy ? { acknowledgeBy: acknowledgeBy.source } : {}), due: due.source },
  };
}

/** What the laws of the jurisdiction ask for, one deadline per law that names a number. */
export function legalDeadlines(
  input: { pack: PolicyPack; jurisdiction?: string | undefined; receivedAt: Date; lawFrom?: Date | undefined },
  clock: 'acknowledge' | 'resolve' | 'extended',
): Deadline[] {
  const calendar = calendarOf(input.pack);
  const from = input.lawFrom ?? input.receivedAt;
  return lawsFor(input.pack, input.jurisdiction).flatMap((id) => {
    const law = lawInForce(id, localDay(input.receivedAt, calendar));
    if (!law) return [];
    if (clock !== 'extended') return law[clock] ? [run(from, [law[clock]], calendar)] : [];
    return law.resolve ? [run(from, [law.resolve, ...(law.extension ? [law.extension] : [])], calendar)] : [];
  });
}

/** The earliest; of two at the same moment the one named first, so that a promise comes before the law. */
export function earliest(deadlines: readonly Deadline[]): Deadline | undefined {
  return deadlines.reduce<Deadline | undefined>((best, d) => (best && best.at <= d.at ? best : d), undefined);
}

/** Durations run one after the other; only the end of the last one moves to a working day. */
function run(from: Date, clocks: readonly LegalClock[], calendar: BusinessCalendar): Deadline {
  const last = clocks.at(-1);
  const end = clocks.reduce((at, clock) => addDuration(at, clock.duration, calendar), from);
  return { at: last?.movesToWorkingDay ? toBusinessDay(end, calendar) : end, source: last?.source ?? '' };
}
