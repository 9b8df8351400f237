import { convertCertBufferToPEM, decodeAttestationObject, validateCertificatePath } from '@simplewebauthn/server/helpers';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

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
    const [leaf, ...rest] = chain.map((certificate) => convertCertBufferToPEM(certificate));
    if (leaf === undefined) return false;
    if (this.isKnown(new X509Certificate(leaf))) return isCurrent(leaf);
    return validateCertificatePath([leaf, ...rest], [...this.roots]).catch(() => false);
  }

  /** Makers may name the attestation certificate itself, or renew it under the same key: then there is no chain to build. */
  private isKnown(leaf: X509Certificate): boolean {
    return this.roots.some((pem) => {
      const root = new X509Certificate(pem);
      return root.fingerprint256 === leaf.fingerprint256 || (leaf.checkIssued(root) && leaf.verify(root.publicKey));
    });
  }
}

/** By this computer's clock: certificates belong to the world outside. */
function isCurrent(certificate: string): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const now = new Date();
  return validFromDate <= now && now <= validToDate;
}
