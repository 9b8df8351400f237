/** True where a parsed file is meant to be a certificate, whether it holds or not. */
export function looksLikeCertificate(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'certificate' in document && 'proof' in document;
}
