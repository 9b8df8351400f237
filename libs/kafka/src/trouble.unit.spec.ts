import { describe, expect, it } from 'vitest';
import { troubleOf } from './trouble.js';

const as = (username: string) => ({ sasl: { mechanism: 'scram-sha-512', username, password: 'secret' } }) as const;

describe('why Kafka cannot be used', () => {
  it('names the user whose login was refused, and the settings', () => {
    const message = 'SASL SCRAM SHA512 authentication failed: Authentication failed due to invalid credentials with SASL mechanism SCRAM-SHA-512';
    expect(troubleOf(message, as('heed-consent'))).toBe('the login of heed-consent was refused: check KAFKA_USERNAME and KAFKA_PASSWORD');
    expect(troubleOf('SASL PLAIN mechanism is not supported by the server', as('heed-consent'))).toContain('KAFKA_SASL_MECHANISM');
  });

  it('names the rights that are missing', () => {
    expect(troubleOf('Crash: KafkaJSProtocolError: Not authorized to access group: Group authorization failed', as('agent-ajuni'))).toMatch(
      /^agent-ajuni lacks rights \(group\)/,
    );
  });

  it('says what is wrong with the encryption', () => {
    expect(troubleOf('Connection error: self-signed certificate in certificate chain')).toBe('no TLS connection: self-signed certificate in certificate chain');
    expect(troubleOf('Connection error: tlsv1 alert protocol version')).toContain('no TLS connection');
  });

  it('asks for what a client lacks that is hung up on', () => {
    expect(troubleOf('Closed connection')).toBe('the brokers hang up: do they want a login (KAFKA_USERNAME) or TLS (KAFKA_SSL)?');
    expect(troubleOf('Closed connection', as('heed-consent'))).toBe('the brokers hang up: do they want TLS (KAFKA_SSL)?');
    expect(troubleOf('Closed connection', { ...as('heed-consent'), tls: { minVersion: '1.3' } })).toBeUndefined();
  });

  it('is silent about a broker that is away: that passes', () => {
    expect(troubleOf('Connection error: connect ECONNREFUSED 127.0.0.1:9092')).toBeUndefined();
    expect(troubleOf('Connection timeout')).toBeUndefined();
  });
});
