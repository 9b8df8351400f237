import type { SignedCertificate } from '../certificate.js';
import type { ConsentCertificate } from '../kinds/consent.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, when, wideTable } from './pieces.js';

const VERB = {
  given: 'gave consent', renewed_given: 'renewed their consent', refused: 'refused consent', withdrawn: 'withdrew consent', objected: 'objected to the use of their data',
  requested: 'was asked for consent', request_deferred: 'was not asked for consent yet', expired: 'had given a consent that ran out',
  invalidated: 'had given a consent that was declared invalid', terminated: 'had given a consent that ended',
} as const;
const STATE = {
  given: 'consent is given', renewed_given: 'consent is given', refused: 'consent is refused', withdrawn: 'consent is withdrawn', objected: 'an objection stands',
  requested: 'nothing is decided', request_deferred: 'nothing is decided', expired: 'consent has run out', invalidated: 'consent is invalid', terminated: 'consent has ended',
} as const;

export function consentBody({ certificate: c }: SignedCertificate<ConsentCertificate>): Html {
  const { decision, notice, present, purpose } = c;
  const named = purpose.title ?? purpose.id;
  return html`<p class="lead">${c.tenant.controller} certifies that the person known as ${code(c.ref)} ${VERB[decision.decision]} for
“${named}” on ${when(decision.occurredAt)}${decision.tookEffect ? '' : ', which changed nothing because a later no was there already'}.
${present ? `When this was issued, ${STATE[present.decision]}, since ${when(present.since)}.` : ''}</p>
<h2>The decision</h2>
${facts(
  fact('Record', code(decision.recordId)),
  fact('Purpose', html`${named} (${code(purpose.id)}), policy version ${purpose.policyVersion}`),
  fact('Done by the person', when(decision.occurredAt)),
  fact('Recorded', `${when(decision.recordedAt)}, by ${decision.actor}`),
  fact('Method', decision.method),
  ...(decision.jurisdiction ? [fact('Law of', `${decision.jurisdiction}${decision.basis ? `: ${decision.basis}` : ''}`)] : []),
  ...(decision.domain ? [fact('On the domain', decision.domain)] : []),
  ...(decision.validUntil ? [fact('Holds until', when(decision.validUntil))] : []),
  fact('Words shown', notice ? html`notice ${notice.id}, version ${notice.version}, in language ${notice.language}; SHA-256 ${code(notice.hash)}` : 'none were named'),
)}
<h2>What was decided since</h2>
${
  c.since.length === 0
    ? html`<p>Nothing: this is the latest decision about the purpose.</p>`
    : wideTable(
        'What was decided since',
        ['When', 'Decision', 'Method', 'Recorded'],
        c.since.map((one) => [when(one.occurredAt), one.tookEffect ? one.decision : `${one.decision}, without effect`, one.method, when(one.recordedAt)]),
      )
}`;
}
