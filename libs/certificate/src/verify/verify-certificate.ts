import { publicJwk, verifyBody } from '@heed/crypto';
import { vkeyOf } from '@heed/ledger';
import { kindOf, ledgerOf, signedCertificate } from '../certificate.js';
import { withoutContext } from './context.js';
import { checkAcknowledgements } from './acknowledgements.js';
import { checkEvidence } from './evidence.js';
import { limitsOf } from './limits.js';
import { bad, good } from './report.js';
import type { CertificateReport, Finding, Verified } from './report.js';

const NOTHING = { trusted: false, kind: null, id: null, tenant: null, issuedAt: null, key: null, limits: [] };

/**
 * Checks a certificate with nothing but itself and, where they are given, keys that the reader had from elsewhere
 * (C2SP verifier keys, of one ledger or of several). Never throws: what cannot be read is a finding.
 * @example verifyCertificate(JSON.parse(text), { keys: ['heed/dsar/ajuni+1a2b3c4d+AbCd…'] }).ok
 */
export function verifyCertificate(document: unknown, { keys = [] }: { readonly keys?: readonly string[] } = {}): CertificateReport {
  const { plain, context } = withoutContext(document);
  const parsed = signedCertificate.safeParse(plain);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { ...NOTHING, ok: false, findings: [bad('form', `this is no certificate: ${issue?.path.join('.') || 'the whole'} ${issue?.message ?? ''}`.trim())] };
  }
  const signed: Verified = parsed.data;
  const { certificate } = signed;
  const vkey = vkeyOf(ledgerOf(certificate), signed.key.x);
  const trusted = keys.some((key) => key.trim() === vkey);
  const findings = [...context, checkKey(vkey, keys), checkSignature(signed), ...checkAcknowledgements(certificate), ...checkEvidence(signed, vkey)];
  return {
    ok: findings.every(({ ok }) => ok),
    trusted,
    kind: kindOf(certificate),
    id: certificate.id,
    tenant: certificate.tenant.id,
    issuedAt: certificate.issuedAt,
    key: vkey,
    findings,
    limits: limitsOf(certificate, trusted),
  };
}

function checkKey(vkey: string, keys: readonly string[]): Finding {
  const origin = vkey.slice(0, vkey.indexOf('+'));
  if (keys.length === 0) return good('key', `the file brings its own, ${vkey}; it was compared with no other`);
  if (keys.some((key) => key.trim() === vkey)) return good('key', `it is the key that you gave for ${origin}`);
  const ofOrigin = keys.some((key) => key.startsWith(`${origin}+`));
  return bad('key', ofOrigin ? `it is signed by another key than the one that you gave for ${origin}` : `you gave no key for the ledger ${origin}`);
}

function checkSignature({ certificate, proof, key }: Verified): Finding {
  if (proof.kid !== publicJwk(key).kid || key.kid !== proof.kid) return bad('signature', 'it names another key than the one beside it');
  if (!verifyBody(certificate, proof, key)) return bad('signature', 'it is not over this certificate: something in it was changed after it was signed');
  return good('signature', `${certificate.tenant.controller} signed it with key ${proof.kid}`);
}
