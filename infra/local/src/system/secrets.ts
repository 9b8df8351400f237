import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { StartError } from '../process/start-error.js';
import type { Home } from './home.js';
import { writeJson } from './write-json.js';

const secretsFile = z.object({
  /** Passwords of PostgreSQL's roles. */
  databases: z.record(z.string(), z.string()),
  /** Secrets of the issuer's clients. */
  clients: z.record(z.string(), z.string()),
  /** Secrets that sign webhooks to the sample mail processor, per tenant. */
  webhooks: z.record(z.string(), z.string()),
});
export type Secrets = z.infer<typeof secretsFile>;
export type SecretNames = { readonly [K in keyof Secrets]: readonly string[] };

/** Reads the secrets of this home and makes those that are missing; none of them ever changes by itself. */
export function ensureSecrets(home: Home, names: SecretNames): Secrets {
  const known = readSecrets(home) ?? { databases: {}, clients: {}, webhooks: {} };
  const filled: Secrets = {
    databases: fill(known.databases, names.databases),
    clients: fill(known.clients, names.clients),
    webhooks: fill(known.webhooks, names.webhooks),
  };
  if (JSON.stringify(filled) !== JSON.stringify(known)) writeJson(home.secrets(), filled);
  return filled;
}

/** Takes away what a dropped tenant had. */
export function forgetSecrets(home: Home, names: { readonly clients: readonly string[]; readonly webhooks: readonly string[] }): Secrets | undefined {
  const known = readSecrets(home);
  if (known === undefined) return undefined;
  const without = (from: Readonly<Record<string, string>>, gone: readonly string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !gone.includes(name)));
  const kept = { ...known, clients: without(known.clients, names.clients), webhooks: without(known.webhooks, names.webhooks) };
  writeJson(home.secrets(), kept);
  return kept;
}

export function readSecrets(home: Home): Secrets | undefined {
  let text: string;
  try {
    text = readFileSync(home.secrets(), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StartError('home_unusable', `${home.secrets()} cannot be read: run Heed as the user who started it first.`);
  }
  try {
    return secretsFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError('home_unusable', `${home.secrets()} is damaged: restore it, or set HEED_HOME to a new folder.`, { cause });
  }
}

function fill(known: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const missing = names.filter((name) => known[name] === undefined);
  return { ...known, ...Object.fromEntries(missing.map((name) => [name, randomBytes(24).toString('base64url')])) };
}
