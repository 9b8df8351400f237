import { convertCertBufferToPEM, decodeAttestationObject, validateCertificatePath } from '@simplewebauthn/server/helpers';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/** Certificates of the makers whose word is taken for it that a key is hardware: all PEM files of a folder. */
export class AttestationRoots {
  private constructor(private readonly roots: readonly string[]) {}

  /** @param folder none: no authenticator counts as hardware */
  static async read(folder: string | undefined): Promise<AttestationRoots> {
    if (folder === undefined) return new AttestationRoots([]);
    const files = (await readdir(folder)).filter((name) => /\.(pem|crt|cer)$/.test(name)).sort();
    const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
    const roots = texts.flatMap((text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
    for (const root of roots) new X509Certificate(root); // one that cannot be read is told at boot, not at the first enrolment
    return new AttestationRoots(roots);
  }

  /**
   * Whether the attestation's certificates lead to a known maker. Its signature has been verified before; an authenticator
   * that vouches for itself, or for nothing, leads nowhere.
   */
  async vouchFor(attestationObject: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const chain = decodeAttestationObject(attestationObject).get('attStmt').get('x5c');
    if (!chain || chain.length === 0 || this.roots.length === 0) return false;
    const [leaf = '', ...rest] = chain.map((certificate) => convertCertBufferToPEM(certificate));
    if (this.isNamed(new X509Certificate(leaf))) return isCurrent(leaf);
    for (const root of this.roots) if (await leadsTo(root, [leaf, ...rest])) return true;
    return false;
  }

  /** Makers may name the attestation certificate itself, or renew it under the same key: then there is no chain to build. */
  private isNamed(leaf: X509Certificate): boolean {
    return this.roots.some((pem) => {
      const root = new X509Certificate(pem);
      const isRenewed = leaf.issuer === leaf.subject && leaf.subject === root.subject && leaf.verify(root.publicKey);
      return root.fingerprint256 === leaf.fingerprint256 || isRenewed;
    });
  }
}

/** Asks the makers' revocation lists too, which may be slow to answer, or never. */
async function leadsTo(root: string, chain: readonly string[]): Promise<boolean> {
  const { fingerprint256 } = new X509Certificate(root);
  const below = chain.filter((certificate) => new X509Certificate(certificate).fingerprint256 !== fingerprint256);
  const tooLate = sleep(PATIENCE_MS, false, { ref: false });
  return Promise.race([validateCertificatePath(below, [root]).catch(() => false), tooLate]);
}

/** By this computer's clock: certificates belong to the world outside. */
function isCurrent(certificate: string): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const now = new Date();
  return validFromDate <= now && now <= validToDate;
}
