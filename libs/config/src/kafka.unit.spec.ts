import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kafkaEnvironment, kafkaSettings, loadConfig } from './index.js';

const settings = (env: Record<string, string>) => kafkaSettings(loadConfig(z.object(kafkaEnvironment), { KAFKA_BROKERS: 'a:1, b:2', ...env }), 'test');

describe('how a program reaches Kafka', () => {
  it('is by address alone where nothing else is said', () => {
    expect(settings({})).toEqual({ brokers: ['a:1', 'b:2'], clientId: 'test' });
  });

  it('is as a user by SCRAM-SHA-512, unless another mechanism is named', () => {
    const user = { KAFKA_USERNAME: 'heed-consent', KAFKA_PASSWORD: 'secret' };
    expect(settings(user).sasl).toEqual({ mechanism: 'scram-sha-512', username: 'heed-consent', password: 'secret' });
    expect(settings({ ...user, KAFKA_SASL_MECHANISM: 'plain' }).sasl?.mechanism).toBe('plain');
    expect(() => settings({ ...user, KAFKA_SASL_MECHANISM: 'md5' })).toThrow('KAFKA_SASL_MECHANISM');
  });

  it('is over TLS 1.3 where it is turned on, and 1.2 has to be said', () => {
    expect(settings({ KAFKA_SSL: 'true' }).tls).toEqual({ minVersion: '1.3' });
    expect(settings({ KAFKA_SSL: 'true', KAFKA_TLS_MIN: '1.2' }).tls).toEqual({ minVersion: '1.2' });
  });

  it('is never by half of what was meant', () => {
    expect(() => settings({ KAFKA_USERNAME: 'heed-consent' })).toThrow('KAFKA_PASSWORD: is missing, KAFKA_USERNAME is set');
    expect(() => settings({ KAFKA_PASSWORD: 'secret' })).toThrow('KAFKA_USERNAME: is missing, KAFKA_PASSWORD is set');
    expect(() => settings({ KAFKA_SSL: 'true', KAFKA_CERT_FILE: '/dev/null' })).toThrow('KAFKA_KEY_FILE: is missing');
    expect(() => settings({ KAFKA_SSL: 'true', KAFKA_CA_FILE: '/no/such/ca.pem' })).toThrow('KAFKA_CA_FILE: /no/such/ca.pem cannot be read (ENOENT)');
  });
});
