import { assuranceInWords, foundNothing, html, outcomeInWords, readable, webPage } from '@heed/certificate';
import type { ErasureCertificate, Html, SignedCertificate, StoreOutcome } from '@heed/certificate';
import type { RequestState } from '../case/domain/request-state.js';

export interface Status {
  readonly controller: string;
  /** Whom the mails name too. */
  readonly contact: string;
  readonly type: string;
  readonly state: RequestState;
  readonly receivedAt: Date;
  readonly due: Date;
  readonly closedAt: Date | null;
  readonly certificate: ErasureCertificate | null;
  /** The same with its signature and evidence; null while the ledger has not come to it. */
  readonly signed: SignedCertificate | null;
  /** What people call the stores, by id. */
  readonly storeTitles: ReadonlyMap<string, string>;
}

const ASKED: Readonly<Record<string, string>> = { erase: 'to erase your personal data' };

/** Where a request stands, in words for the person who made it; nothing here says who that is. */
export function statusPage(status: Status): string {
  return webPage(
    'Your request',
    html`<header><h1>Your request</h1></header>
<p>On ${readable(status.receivedAt)} you asked ${status.controller} ${ASKED[status.type] ?? `for: ${status.type}`}.</p>
<p class="lead"><strong>${words(status)}</strong></p>
${status.state === 'closed' && status.certificate ? answers(status.certificate, status) : html``}
<p>Questions? Write to <a href="mailto:${status.contact}">${status.contact}</a>.</p>`,
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
      const nothing = certificate && foundNothing(certificate);
      return nothing ? `We looked in every place where we keep personal data and found nothing about you. This was finished${on}.` : `Your request was carried out${on}.`;
    }
    case 'refused':
      return 'We could not do what you asked. The reason was sent to you; you may complain to your data protection authority.';
  }
}

/** What each place answered, and the certificate: the closing mail promises both on this page. */
function answers(certificate: ErasureCertificate, { signed, storeTitles, controller }: Status): Html {
  const lines = certificate.dispatches.flatMap((dispatch) => dispatch.stores).map((store) => answerLine(store, storeTitles));
  return html`<h2>What each place answered</h2>
<div class="wide" role="region" aria-label="What each place answered" tabindex="0"><table><thead><tr><th scope="col">Place</th><th scope="col">Answer</th>
<th scope="col" class="number">Records</th><th scope="col">How we know</th></tr></thead>
<tbody>${lines}</tbody></table></div>
<h2>The certificate</h2>
<p>${controller} certifies this. Certificate <code>${certificate.id}</code>, issued on ${readable(certificate.issuedAt)}.</p>
${signed ? saved(signed) : html`<p>It is being entered in our ledger. Open this page again in a minute to save it.</p>`}`;
}

function saved(signed: SignedCertificate): Html {
  const file = Buffer.from(JSON.stringify(signed, null, 2)).toString('base64');
  return html`<p>It is signed with Ed25519 key <code>${signed.proof.kid}</code>: <code>${signed.proof.signature}</code>.</p>
<p class="screen"><a class="action" download="certificate-${signed.certificate.id}.json" href="data:application/json;base64,${file}">Save the signed certificate</a></p>
<p>It holds the signed answer of every place, the proof that our ledger has it, and can be checked without us. It does not say who you are: keep it with
this link.</p>`;
}

function answerLine(store: StoreOutcome, titles: ReadonlyMap<string, string>): Html {
  const kept = store.kept.map((one) => `${one.count} kept: ${one.basis}`);
  return html`<tr><td>${titles.get(store.dataStore) ?? store.dataStore}</td><td>${[outcomeInWords(store), ...kept].join('; ')}</td><td class="number">${store.rows}</td>
<td>${assuranceInWords(store)}</td></tr>`;
}

export function unknownPage(): string {
  return webPage('Not found', html`<header><h1>Nothing here</h1></header><p>This link belongs to no request. It may have been copied incompletely.</p>`);
}
