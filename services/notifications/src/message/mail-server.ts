import { ConfigError } from '@heed/config';
import type { TlsVersion } from '@heed/config';
import type { NotificationsEnvironment } from '../notifications.config.js';

/** Where mail is handed over, and how well that way must be protected. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
  /** `starttls` and `implicit` hand nothing over, not even a login, before the server has proved itself. */
  readonly tls: 'off' | 'starttls' | 'implicit';
  /** The operator's; a tenant's policy may ask for more. */
  readonly tlsMin: TlsVersion;
}

/**
 * Reads the address of the mail server. Encryption "where the server offers it" does not exist: whoever sits in between
 * would take the offer away. Beyond this computer it is required unless the operator says otherwise.
 * @throws ConfigError where the address says one thing and SMTP_TLS another
 */
export function mailServer(environment: Pick<NotificationsEnvironment, 'SMTP_URL' | 'SMTP_TLS' | 'HEED_TLS_MIN'>): MailServer {
  const url = new URL(environment.SMTP_URL);
  // Options in the address could quietly undo those below.
  if (url.search) throw new ConfigError('Configuration refused: SMTP_URL: options behind "?" are not read; use SMTP_TLS');
  const implicit = url.protocol === 'smtps:';
  const tls = environment.SMTP_TLS ?? (implicit ? 'implicit' : isLoopback(url.hostname) ? 'off' : 'starttls');
  if (implicit !== (tls === 'implicit')) {
    throw new ConfigError(`Configuration refused: SMTP_TLS: ${tls} does not go with ${url.protocol}//; implicit TLS is smtps://, STARTTLS and none are smtp://`);
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port ? Number(url.port) : implicit ? 465 : tls === 'starttls' ? 587 : 25,
    login: url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : undefined,
    tls,
    tlsMin: environment.HEED_TLS_MIN,
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
