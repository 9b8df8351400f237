import type { SignedCertificate } from '../certificate.js';
import type { ErasureCertificate } from '../kinds/erasure.js';
import type { StoreOutcome } from '../kinds/store-outcome.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, when, wideTable } from './pieces.js';
import { assuranceInWords, counted, foundNothing, methodInWords, outcomeInWords } from './words.js';

export function erasureBody({ certificate: c }: SignedCertificate<ErasureCertificate>): Html {
  const { clocks, request } = c;
  return html`<p class="lead">${c.tenant.controller} certifies that the personal data of the person known as ${code(request.ref)},
as of ${when(request.receivedAt)}, ${whatBecameOfIt(c)}</p>
<h2>The request</h2>
${facts(
  fact('Request', html`${code(request.id)}, ${request.type}`),
  fact('Received', `${when(request.receivedAt)}, by ${request.channel}`),
  fact('Acknowledged', `${when(clocks.acknowledgedAt)}${clocks.acknowledgeBy ? `; promised by ${when(clocks.acknowledgeBy)} (${clocks.sources.acknowledgeBy ?? ''})` : ''}`),
  fact('Due', `${when(clocks.due)} (${clocks.sources.due})${clocks.extensions > 0 ? `, extended ${counted(clocks.extensions, 'time')}` : ''}`),
  fact('Identity verified', `${when(c.verified.at)}, by ${c.verified.by ?? 'nobody'} (${methodInWords(c.verified.method)})`),
  fact('Approved', `${when(c.approved.at)}, by ${c.approved.by ?? 'nobody'}`),
  fact('Completed', when(c.dispatches.map(({ closedAt }) => closedAt).sort().at(-1) ?? null)),
)}
<h2>What each data store did</h2>
${wideTable('What each data store did', ['Store', 'Outcome', 'Rows', 'Left over', 'Kept', 'How sure'], c.dispatches.flatMap(({ stores }) => stores).map(storeCells))}
<h2>What Heed itself knew of the person</h2>
<p>${identityInWords(c)}</p>`;
}

function whatBecameOfIt(certificate: ErasureCertificate): string {
  const { stores, rows, residue, kept } = certificate.totals;
  const where = counted(stores, 'data store');
  if (foundNothing(certificate)) return `was looked for in ${where}, and nothing was found.`;
  return `was erased as described below in ${where}: ${rows} rows erased, ${residue} left over, ${kept} kept on stated grounds.`;
}

function storeCells(store: StoreOutcome): readonly (Html | string | number)[] {
  const kept = store.kept.map((one) => `${one.count} in ${one.table}: ${one.basis}`).join('; ') || '0';
  return [store.dataStore, outcomeInWords(store), store.rows, store.residue, kept, assuranceInWords(store)];
}

function identityInWords({ identity, tenant }: ErasureCertificate): Html {
  if (!identity) return html`Identifiers are kept until the person has been told of the outcome. When they are gone too, a newer certificate takes the place of this one.`;
  const entry = html`The entry ${code(identity.ledger.entryId)} of the ledger ${code(identity.ledger.origin)} says so.`;
  if (identity.outcome === 'kept') {
    return html`The person came back to ${tenant.name} by an act of their own after they had asked, so that what identifies them was kept on ${when(identity.erasedAt)}. ${entry}`;
  }
  return html`On ${when(identity.erasedAt)} ${counted(identity.identifiers, 'identifier')} of the person ${identity.identifiers === 1 ? 'was' : 'were'} deleted and the destruction of
${counted(identity.keys, 'key')} ordered, without which no copy of what was sealed with them can be read. ${entry}`;
}
