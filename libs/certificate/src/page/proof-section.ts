import { vkeyOf } from '@heed/ledger';
import type { SignedCertificate } from '../certificate.js';
import { ledgerOf } from '../certificate.js';
import { fingerprint } from '../issue.js';
import { limitsOf } from '../verify/limits.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { code, fact, facts, list } from './pieces.js';

/** What makes a reader independent of us: the signature, the place in the ledger, and how to check both. */
export function proofSection(signed: SignedCertificate): Html {
  const { certificate: c, ledger, proof } = signed;
  const issued = ledger.find(({ record }) => record.kind === 'certificate.issued');
  const file = `certificate-${c.id}.json`;
  return html`<h2>Proof</h2>
${facts(
  fact('Certificate', html`${code(c.id)}${c.supersedes ? html`, in place of ${code(c.supersedes)}` : ''}`),
  fact('Signature', html`Ed25519 ${code(proof.signature)}`),
  fact('Key', code(vkeyOf(ledgerOf(c), signed.key.x))),
  fact('SHA-256', code(fingerprint(c))),
  fact('Entered in the ledger', issued ? html`as entry ${String(issued.index)} of ${code(issued.origin)}, under this signed checkpoint:<pre>${issued.checkpoint}</pre>` : 'not yet'),
)}
<h2>How to check it without us</h2>
<p class="screen"><a class="action" download="${file}" href="data:application/json;base64,${encoded(signed)}">Save the signed certificate</a></p>
<p>The signed file holds all that is written here, ${'dispatches' in c ? "with every data store's own signature and the proof" : 'with the proof'} that the ledger has it. Compare the
key above with one that you have from ${c.tenant.controller} by another way, and then run <code>heed certificate verify ${file} --key FILE</code>, without any network.</p>
<p>Not proven by it:</p>
${list(limitsOf(c, true))}`;
}

const encoded = (signed: SignedCertificate): string => Buffer.from(JSON.stringify(signed, null, 2)).toString('base64');
