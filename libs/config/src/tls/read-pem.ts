import { readFileSync } from 'node:fs';
import { ConfigError } from '../config-error.js';

/** @throws ConfigError that names the variable and the file: a process without its TLS files does not start */
export function readPem(variable: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new ConfigError(`Configuration refused: ${variable}: ${file} cannot be read (${code})`);
  }
  if (!text.includes('-----BEGIN ')) throw new ConfigError(`Configuration refused: ${variable}: ${file} is not a PEM file`);
  return text;
}

/** The certificates of a bundle, one by one, as node:tls takes them. */
export function certificatesOf(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
