import { describe, expect, it } from 'vitest';
import { troubleOf } from './trouble.js';

describe('why Kafka cannot be used', () => {
  it('names the user whose login was refused, and the settings', () => {
    const message = 'SASL SCRAM SHA512 authentication failed: Authentication failed due to invalid credentials with SASL mechanism SCRAM-SHA-512';
    expect(troubleOf(message, 'heed-consent')).toBe('the login of heed-consent was refused: check KAFKA_USERNAME and KAFKA_PASSWORD');
    expect(troubleOf('SASL PLAIN mechanism is not supported by the server', 'heed-consent')).toContain('KAFKA_SASL_MECHANISM');
  });

  it('names the rights that are missing', () => {
    expect(troubleOf('Crash: KafkaJSProtocolError: Not authorized to access group: Group authorization failed', 'agent-ajuni')).toMatch(
      /^agent-ajuni lacks rights \(group\)/,
    );
  });

  it('says what is wrong with the encryption', () => {
    expect(troubleOf('Connection error: self-signed certificate in certificate chain')).toBe('no TLS connection: self-signed certificate in certificate chain');
    expect(troubleOf('Connection error: tlsv1 alert protocol version')).toContain('no TLS connection');
  });

  it('asks for a login where a client without one is hung up on', () => {
    expect(troubleOf('Closed connection')).toContain('KAFKA_USERNAME');
    expect(troubleOf('Closed connection', 'heed-consent')).toBeUndefined();
  });

  it('is silent about a broker that is away: that passes', () => {
    expect(troubleOf('Connection error: connect ECONNREFUSED 127.0.0.1:9092')).toBeUndefined();
    expect(troubleOf('Connection timeout')).toBeUndefined();
  });
});
