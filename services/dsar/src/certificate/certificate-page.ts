import { escapeHtml as e, readable, webPage } from '../web-page.js';
import type { ErasureCertificate, SignedCertificate, StoreOutcome } from './certificate.js';
import { assuranceInWords, foundNothing, methodInWords, outcomeInWords } from './outcome-words.js';

/** The certificate as a person reads and prints it. The signed JSON is the proof; this page is its reading. */
export function certificatePage({ certificate: c, proof }: SignedCertificate): string {
  const stores = c.dispatches.flatMap((dispatch) => dispatch.stores);
  const line = (name: string, value: string): string => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  const at = (time: string | null): string => (time ? e(readable(time)) : 'not recorded');
  return webPage(
    `Certificate of erasure, ${c.tenant.name}`,
    `<h1>Certificate of erasure</h1>
<p>${e(c.tenant.controller)} (${e(c.tenant.name)}) certifies that the personal data of the person known as <code>${e(c.request.ref)}</code>,
as of ${at(c.request.receivedAt)}, ${e(whatBecameOfIt(c))}</p>
<h2>The request</h2>
<table>
${line('Request', `<code>${e(c.request.id)}</code>, ${e(c.request.type)}`)}
${line('Received', `${at(c.request.receivedAt)}, by ${e(c.request.channel)}`)}
${line('Acknowledged', `${at(c.clocks.acknowledgedAt)}${c.clocks.acknowledgeBy ? `; promised by ${at(c.clocks.acknowledgeBy)} (${e(c.clocks.sources.acknowledgeBy)})` : ''}`)}
${line('Due', `${at(c.clocks.due)} (${e(c.clocks.sources.due)})${c.clocks.extensions > 0 ? `, extended ${c.clocks.extensions} time(s)` : ''}`)}
${line('Identity verified', `${at(c.verified.at)}, by ${e(c.verified.by ?? 'nobody')} (${e(methodInWords(c.verified.method))})`)}
${line('Approved', `${at(c.approved.at)}, by ${e(c.approved.by ?? 'nobody')}`)}
${line('Completed', at(c.issuedAt))}
</table>
<h2>What each data store did</h2>
<div class="wide"><table><thead><tr><th>Store</th><th>Outcome</th><th>Rows</th><th>Left over</th><th>Kept</th><th>How sure</th></tr></thead>
<tbody>${stores.map(storeLine).join('\n')}</tbody></table></div>
<h2>Proof</h2>
<p class="small">Certificate <code>${e(c.id)}</code>${c.supersedes ? `, in place of <code>${e(c.supersedes)}</code>` : ''}. Signed with Ed25519 key <code>${e(proof.kid)}</code>:
<code>${e(proof.signature)}</code>. The JSON form of this certificate holds every store's own signed answer and can be checked without us.</p>`,
  );
}

function whatBecameOfIt(certificate: ErasureCertificate): string {
  const { stores, rows, residue, kept } = certificate.totals;
  const where = `${stores} data ${stores === 1 ? 'store' : 'stores'}`;
  if (foundNothing(certificate)) return `was looked for in ${where}, and nothing was found.`;
  return `was erased as described below in ${where}: ${rows} rows erased, ${residue} left over, ${kept} kept on stated grounds.`;
}

function storeLine(store: StoreOutcome): string {
  const kept = store.kept.map((one) => `${one.count} in ${e(one.table)}: ${e(one.basis)}`).join('<br>') || '0';
  const cells = [
    e(store.dataStore),
    e(outcomeInWords(store)),
    String(store.rows),
    String(store.residue),
    kept,
    e(assuranceInWords(store)),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}
