import { readFile } from 'node:fs/promises';
import type { CertificateReport } from './report.js';
import { verifyCertificate } from './verify-certificate.js';

/** True where a parsed file is meant to be a certificate, whether it holds or not. */
export function looksLikeCertificate(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'certificate' in document && 'proof' in document;
}

/**
 * Checks the certificate in a file, offline.
 * @param options `keys`: verifier keys the reader has from elsewhere, one a line
 * @throws the error of the file system where the file cannot be read
 */
export async function verifyCertificateFile(file: string, options: { readonly keys?: readonly string[] } = {}): Promise<CertificateReport> {
  return verifyCertificate(parsed(await readFile(file, 'utf8')), options);
}

/** Verifier keys from a file: one a line, empty lines and lines that begin with # are not looked at. */
export async function readVkeys(file: string): Promise<readonly string[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
