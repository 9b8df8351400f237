import type { KafkaSettings } from '@heed/config';

/**
 * The same settings for clients built on librdkafka (kcat, Python, Go, .NET), one `key=value` a line.
 * It holds a password: for a file that its owner alone may read.
 *
 * @example kcat -F ajuni.properties -C -t heed.t.ajuni.events.v1
 */
export function librdkafkaProperties({ brokers, sasl, tls }: KafkaSettings): string {
  const protocol = `${sasl ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`;
  const properties = {
    'bootstrap.servers': brokers.join(','),
    'security.protocol': protocol,
    ...(sasl ? { 'sasl.mechanisms': sasl.mechanism.toUpperCase(), 'sasl.username': sasl.username, 'sasl.password': sasl.password } : {}),
  };
  return Object.entries(properties).map(([key, value]) => `${key}=${value}\n`).join('');
}
