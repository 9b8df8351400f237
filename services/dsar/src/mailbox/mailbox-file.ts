import { ConfigError } from '@heed/config';
import { tenantId } from '@heed/kernel';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A privacy address of a tenant, as its mail server hands it out. */
export interface Mailbox {
  readonly tenant: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly folder: string;
  /** `off` only on this computer. */
  readonly tls: 'implicit' | 'starttls' | 'off';
}

const file = z.record(tenantId, z.strictObject({ url: z.url({ protocol: /^imaps?$/ }), password: z.string().min(1), folder: z.string().min(1).default('INBOX') }));
const LOOPBACK = /^(localhost|\[::1\]|127(\.\d+){3})$/;

/**
 * Reads DSAR_MAILBOXES: the mailboxes by tenant, `imaps://user@host` or `imap://user@host` (which is STARTTLS, required).
 * @throws ConfigError where the file cannot be read or says something else
 * @example {"ajuni": {"url": "imaps://privacy%40ajuni.example@imap.ajuni.example", "password": "…"}}
 */
export function readMailboxes(path: string | undefined): readonly Mailbox[] {
  if (path === undefined) return [];
  return Object.entries(parse(path)).map(([tenant, { url: address, password, folder }]) => {
    const url = new URL(address);
    if (!url.username) throw new ConfigError(`Configuration refused: DSAR_MAILBOXES: the url of ${tenant} names no user; write imaps://user@host`);
    const implicit = url.protocol === 'imaps:';
    return {
      tenant, password, folder,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port ? Number(url.port) : implicit ? 993 : 143,
      user: decodeURIComponent(url.username),
      tls: implicit ? 'implicit' : LOOPBACK.test(url.hostname) ? 'off' : 'starttls',
    };
  });
}

function parse(path: string): z.output<typeof file> {
  try {
    return file.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    // Never the content: passwords stand in it.
    const why = error instanceof z.ZodError ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') : error instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read';
    throw new ConfigError(`Configuration refused: DSAR_MAILBOXES: ${path}: ${why}`);
  }
}
