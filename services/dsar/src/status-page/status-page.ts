import type { RequestState } from '../case/domain/request-state.js';
import type { SignedCertificate, StoreOutcome } from '../certificate/certificate.js';
import { assuranceInWords, foundNothing, outcomeInWords } from '../certificate/outcome-words.js';
import { escapeHtml as e, readable, webPage } from '../web-page.js';

export interface Status {
  readonly controller: string;
  /** Whom the mails name too. */
  readonly contact: string;
  readonly type: string;
  readonly state: RequestState;
  readonly receivedAt: Date;
  readonly due: Date;
  readonly closedAt: Date | null;
  readonly certificate: SignedCertificate | null;
  /** What people call the stores, by id. */
  readonly storeTitles: ReadonlyMap<string, string>;
}

const ASKED: Readonly<Record<string, string>> = { erase: 'to erase your personal data' };

/** Where a request stands, in words for the person who made it; nothing here says who that is. */
export function statusPage(status: Status): string {
  return webPage(
    'Your request',
    `<h1>Your request</h1>
<p>On ${e(readable(status.receivedAt))} you asked ${e(status.controller)} ${e(ASKED[status.type] ?? `for: ${status.type}`)}.</p>
<p><strong>${e(words(status))}</strong></p>
${status.state === 'closed' && status.certificate ? answers(status.certificate, status) : ''}
<p>Questions? Write to <a href="mailto:${e(status.contact)}">${e(status.contact)}</a>.</p>`,
  );
}

function words({ state, due, closedAt, certificate }: Status): string {
  const by = `You will have an answer by ${readable(due)} at the latest.`;
  switch (state) {
    case 'awaiting_verification':
      return `We have your request and are making sure that it is you who asked. ${by}`;
    case 'verified':
      return `We know that it was you who asked. A person is looking at your request. ${by}`;
    case 'in_progress':
      return `Your request was approved and is being carried out. ${by}`;
    case 'held':
      return 'Your request was approved, but the law obliges us to keep your data for now. It goes on by itself as soon as that ends.';
    case 'closed': {
      const on = closedAt ? ` on ${readable(closedAt)}` : '';
      const nothing = certificate && foundNothing(certificate.certificate);
      return nothing ? `We looked in every place where we keep personal data and found nothing about you. This was finished${on}.` : `Your request was carried out${on}.`;
    }
    case 'refused':
      return 'We could not do what you asked. The reason was sent to you; you may complain to your data protection authority.';
  }
}

/** What each place answered, and the certificate: the closing mail promises both on this page. */
function answers(signed: SignedCertificate, { storeTitles, controller }: Status): string {
  const { certificate, proof } = signed;
  const lines = certificate.dispatches.flatMap((dispatch) => dispatch.stores).map((store) => answerLine(store, storeTitles));
  const file = Buffer.from(JSON.stringify(signed, null, 2)).toString('base64');
  return `<h2>What each place answered</h2>
<div class="wide"><table><thead><tr><th>Place</th><th>Answer</th><th>Records</th><th>How we know</th></tr></thead>
<tbody>${lines.join('\n')}</tbody></table></div>
<h2>The certificate</h2>
<p>${e(controller)} certifies this. Certificate <code>${e(certificate.id)}</code>, issued on ${e(readable(certificate.issuedAt))}, signed with
Ed25519 key <code>${e(proof.kid)}</code>: <code>${e(proof.signature)}</code>.</p>
<p><a download="certificate-${e(certificate.id)}.json" href="data:application/json;base64,${file}">Save the signed certificate</a>. It holds the signed answer
of every place and can be checked without us. It does not say who you are: keep it with this link.</p>`;
}

function answerLine(store: StoreOutcome, titles: ReadonlyMap<string, string>): string {
  const kept = store.kept.map((one) => `${one.count} kept: ${one.basis}`);
  const cells = [titles.get(store.dataStore) ?? store.dataStore, [outcomeInWords(store), ...kept].join('; '), String(store.rows), assuranceInWords(store)];
  return `<tr>${cells.map((cell) => `<td>${e(cell)}</td>`).join('')}</tr>`;
}

export function unknownPage(): string {
  return webPage('Not found', '<h1>Nothing here</h1><p>This link belongs to no request. It may have been copied incompletely.</p>');
}
