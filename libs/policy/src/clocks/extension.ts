import type { PolicyPack } from '../pack/pack.schema.js';
import { sourceLabel } from '../pack/source.js';
import { addDuration } from './add-duration.js';
import { calendarOf } from './calendar.js';
import { earliest, legalDeadlines } from './request-clocks.js';

export type ExtensionRefusal =
  | 'extension_not_promised'
  | 'extension_used_up'
  | 'extension_reason_missing'
  | 'extension_too_late'
  | 'extension_gains_nothing';

export type Extension =
  | { readonly ok: true; readonly due: Date; readonly source: string }
  /** `promise`: the sentence that says no, where one does. */
  | { readonly ok: false; readonly code: ExtensionRefusal; readonly detail: string; readonly promise?: string };

export interface ExtensionRequest {
  readonly pack: PolicyPack;
  readonly jurisdiction?: string | undefined;
  readonly receivedAt: Date;
  readonly lawFrom?: Date | undefined;
  /** The deadline as it stands. */
  readonly due: Date;
  readonly extensionsUsed: number;
  /** Why, in words the person can be told. */
  readonly reason: string;
  readonly now: Date;
}

/**
 * A request's new deadline, or why there is none. The policy's own extension counts even where the law would give more
 * (Ajuni's thirty days against the GDPR's two months), and it is told before the old deadline or not at all. Sending
 * that mail is the caller's.
 * @example extendDue({ pack: ajuni, receivedAt, due, extensionsUsed: 0, reason: 'three archives', now }) // { ok: true, due: due + 30 days, source: 'AJU-41' }
 */
export function extendDue(request: ExtensionRequest): Extension {
  const { pack, due } = request;
  const rule = pack.clocks.extension;
  if (!rule) return refuse('extension_not_promised', 'The policy allows no extension; the deadline stands.');
  const label = sourceLabel(rule.source);
  const no = (code: ExtensionRefusal, detail: string): Extension => refuse(code, detail, label);
  if (request.extensionsUsed >= rule.count) return no('extension_used_up', `The policy allows ${rule.count} extension(s).`);
  if (rule.reasonRequired && request.reason.trim() === '') {
    return no('extension_reason_missing', 'The person is told why before the time is extended; give a reason.');
  }
  if (request.now >= due) return no('extension_too_late', 'An extension is only possible before the deadline.');
  const promised = { at: addDuration(due, rule.duration, calendarOf(pack)), source: label };
  const bound = earliest([promised, ...legalDeadlines(request, 'extended')]) ?? promised;
  if (bound.at <= due) return no('extension_gains_nothing', 'The law leaves no time beyond the deadline as it stands.');
  return { ok: true, due: bound.at, source: bound.source };
}

function refuse(code: ExtensionRefusal, detail: string, label?: string): Extension {
  const promise = label && /^[A-Z]{3}-/.test(label) ? { promise: label } : {};
  return { ok: false, code, detail, ...promise };
}
