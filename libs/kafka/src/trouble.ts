import type { KafkaSettings } from '@heed/config';

const NOT_ALLOWED = /not authorized to access ([a-z ]+)/i;

/**
 * What an operator has to mend, in words that name the setting; undefined for what passes by itself, such as a broker
 * that is away.
 * @param message as kafkajs words it
 */
export function troubleOf(message: string, settings: Pick<KafkaSettings, 'sasl' | 'tls'> = {}): string | undefined {
  const username = settings.sasl?.username;
  if (/mechanism is not supported/i.test(message)) return 'the brokers do not offer this login: check KAFKA_SASL_MECHANISM';
  if (/SASL.*authentication failed|invalid credentials/i.test(message)) {
    return `the login of ${username ?? 'nobody'} was refused: check KAFKA_USERNAME and KAFKA_PASSWORD`;
  }
  const what = NOT_ALLOWED.exec(message)?.[1];
  if (what !== undefined) return `${username ?? 'a client without a login'} lacks rights (${what.trim()}): apply the access rules again`;
  if (/certificate|self.signed|\bTLS|\bSSL|altname|secure|wrong version number|unsupported protocol/i.test(message)) {
    return `no TLS connection: ${message.replace(/^Connection error: /, '').trim().slice(0, 200)}`;
  }
  // Brokers hang up on a client that should have logged in or encrypted, without a word; one that restarts does so too.
  if (!/closed connection/i.test(message)) return undefined;
  const missing = [...(username === undefined ? ['a login (KAFKA_USERNAME)'] : []), ...(settings.tls ? [] : ['TLS (KAFKA_SSL)'])];
  return missing.length === 0 ? undefined : `the brokers hang up: do they want ${missing.join(' or ')}?`;
}
