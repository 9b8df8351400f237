import type { SignedCertificate } from '../certificate.js';
import type { WithdrawalCertificate } from '../kinds/withdrawal.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, when, wideTable } from './pieces.js';
import { assuranceInWords, counted, notAskedInWords, switchedInWords } from './words.js';

export function withdrawalBody({ certificate: c }: SignedCertificate<WithdrawalCertificate>): Html {
  const { withdrawal } = c;
  const purposes = [...new Set(withdrawal.records.map(({ purpose }) => purpose))];
  const skipped = c.dispatches.flatMap(({ notAsked }) => notAsked);
  const stores = c.dispatches.flatMap((dispatch) => dispatch.stores.map((store) => ({ store, dispatch })));
  return html`<p class="lead">${c.tenant.controller} certifies that consent of the person known as ${code(withdrawal.ref)} was withdrawn on
${when(withdrawal.recordedAt)}, and that ${c.totals.stores === 0 ? 'no data store uses it.' : `${counted(c.totals.stores, 'data store')} answered that it is heeded.`}</p>
<h2>The withdrawal</h2>
${facts(
  fact('Withdrawal', code(withdrawal.id)),
  fact('Purposes', purposes.join(', ')),
  fact('Done by the person', when(withdrawal.occurredAt)),
  fact('Holds since', when(withdrawal.recordedAt)),
  fact('Reached us', `by ${withdrawal.method}, recorded by ${withdrawal.actor}`),
  fact('Answered by all', when(c.dispatches.map(({ closedAt }) => closedAt).sort().at(-1) ?? null)),
)}
<h2>What each data store did</h2>
${
  stores.length === 0
    ? html`<p>No data store uses the person's data for these purposes, so that none had to be told.</p>`
    : wideTable(
        'What each data store did',
        ['Store', 'Purposes', 'Outcome', 'Rows', 'How we know', 'Answered'],
        stores.map(({ store, dispatch }) => [store.dataStore, dispatch.purposes.join(', '), switchedInWords(store), store.rows, assuranceInWords(store), when(store.completedAt)]),
      )
}
${skipped.length === 0 ? html`` : html`<p class="small">Not concerned: ${skipped.map(({ dataStore, reason }) => `${dataStore} (${notAskedInWords(reason)})`).join(', ')}.</p>`}`;
}
