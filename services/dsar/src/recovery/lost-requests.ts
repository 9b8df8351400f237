import { requestClosed, requestMessageWanted, requestOpened } from '@heed/contracts-dsar';
import type { LedgerRecord } from '@heed/ledger';
import type { Heard, Lost } from '@heed/recovery';
import { z } from 'zod';

const about = z.object({ requestId: z.uuid() });
const opened = about.extend({ type: z.string(), due: z.iso.datetime() });
const approved = about.extend({ actor: z.string(), dispatchId: z.string() });
const verified = about.extend({ actor: z.string(), method: z.string() });
const extended = about.extend({ due: z.iso.datetime(), source: z.string() });
const acknowledged = about.extend({ at: z.iso.datetime() });
const certified = about.extend({ certifies: z.literal('erasure') });

/** What happened to a case since the copy; only what is said here changes. */
export interface LostRequest {
  readonly id: string;
  /** Opened since: the case is not in the copy. */
  opened?: { readonly type: string; readonly at: string; readonly due: string; acknowledgeBy: string | null; origin: Heard | null; token: string | null };
  ref?: string;
  state?: string;
  verified?: { readonly at: string; readonly by: string; readonly method: string };
  approved?: { readonly at: string; readonly by: string; readonly dispatchId: string };
  extended?: { readonly due: string; readonly source: string; readonly times: number };
  acknowledgedAt?: string;
  closedAt?: string;
  readonly timeline: { readonly kind: string; readonly at: string; readonly actor: string; readonly data: Readonly<Record<string, unknown>> }[];
}

const STATES: Readonly<Record<string, string>> = {
  'request.opened': 'awaiting_verification',
  'request.verified': 'verified',
  'request.approved': 'in_progress',
  'request.held': 'held',
  'request.released': 'in_progress',
  'request.refused': 'refused',
};

/** Folds the ledger's records of cases, in their order; the events of the time add what the ledger does not say. */
export function lostRequests({ records, published, ingress }: Lost): readonly LostRequest[] {
  const requests = new Map<string, LostRequest>();
  for (const record of records) {
    const id = about.safeParse(record.data).data?.requestId;
    if (id === undefined || !/^(request\.|certificate\.issued$)/.test(record.kind)) continue;
    const request = requests.get(id) ?? { id, timeline: [] };
    requests.set(id, request);
    apply(request, record);
  }
  for (const event of published) {
    const wasOpened = event.type === requestOpened.type ? requestOpened.data.safeParse(event.data).data : undefined;
    const case1 = wasOpened && requests.get(wasOpened.requestId)?.opened;
    if (case1) [case1.acknowledgeBy, case1.origin] = [wasOpened.acknowledgeBy, ingress.get(event.causationId ?? '') ?? null];
    const mail = event.type === requestMessageWanted.type ? requestMessageWanted.data.safeParse(event.data).data : undefined;
    const token = /\/r\/([^/?#]+)$/.exec(mail?.params['statusUrl'] ?? '')?.[1];
    const case2 = mail && requests.get(mail.requestId)?.opened;
    if (case2 && token !== undefined) case2.token = token;
    const closed = event.type === requestClosed.type ? requestClosed.data.safeParse(event.data).data : undefined;
    const case3 = closed && requests.get(closed.requestId);
    if (case3 && closed.result === 'completed') [case3.state, case3.closedAt, case3.ref] = ['closed', closed.closedAt, closed.ref];
  }
  return [...requests.values()];
}

function apply(request: LostRequest, { kind, at, ref, data }: LedgerRecord): void {
  if (ref !== undefined && kind !== 'certificate.issued') request.ref = ref;
  const state = STATES[kind];
  if (state !== undefined) request.state = state;
  const isOpened = kind === 'request.opened' ? opened.safeParse(data).data : undefined;
  if (isOpened) request.opened = { type: isOpened.type, at, due: isOpened.due, acknowledgeBy: null, origin: null, token: null };
  const isVerified = kind === 'request.verified' ? verified.safeParse(data).data : undefined;
  if (isVerified) request.verified = { at, by: isVerified.actor, method: isVerified.method };
  const isApproved = kind === 'request.approved' ? approved.safeParse(data).data : undefined;
  if (isApproved) request.approved = { at, by: isApproved.actor, dispatchId: isApproved.dispatchId };
  const isExtended = kind === 'request.extended' ? extended.safeParse(data).data : undefined;
  if (isExtended) request.extended = { due: isExtended.due, source: isExtended.source, times: (request.extended?.times ?? 0) + 1 };
  const isAcknowledged = kind === 'request.acknowledged' ? acknowledged.safeParse(data).data : undefined;
  if (isAcknowledged) request.acknowledgedAt = isAcknowledged.at;
  if (kind === 'request.refused') request.closedAt = at;
  if (kind === 'certificate.issued' && certified.safeParse(data).success) [request.state, request.closedAt] = ['closed', request.closedAt ?? at];
  request.timeline.push(lineOf(request, kind, at, data));
}

function lineOf(request: LostRequest, kind: string, at: string, data: LedgerRecord['data']): LostRequest['timeline'][number] {
  if (kind === 'certificate.issued') {
    const again = request.timeline.some((line) => line.kind === 'closed');
    return { kind: again ? 'certificate_renewed' : 'closed', at, actor: 'heed', data: { certificateId: data['certificateId'] } };
  }
  const { requestId: _, actor, ...rest } = data;
  return { kind: kind.slice('request.'.length), at, actor: typeof actor === 'string' ? actor : 'heed', data: rest };
}
