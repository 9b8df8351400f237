import { serviceEnvironment } from '@heed/config';
import { describe, expect, it } from 'vitest';
import { refuseSoftwareKeysInProduction, stepUpsOf } from './step-ups.js';

const environment = (more: Readonly<Record<string, string>>) =>
  serviceEnvironment.parse({
    HEED_PORT: '0', HEED_DATABASE_URL: 'postgres://localhost', KAFKA_BROKERS: 'localhost:9092', HEED_ORIGIN: 'https://heed.example', HEED_ISSUER: 'https://id.example',
    HEED_KEYS_DIR: '/keys', HEED_CLIENT_ID: 'dsar', HEED_CLIENT_SECRET: 'secret', ...more,
  });

describe('a service', () => {
  it('in production does not start with software keys let in', () => {
    const allowed = { HEED_ALLOW_SOFTWARE_KEYS: 'true' };
    expect(() => refuseSoftwareKeysInProduction(environment({ ...allowed, NODE_ENV: 'production' }))).toThrow('HEED_ALLOW_SOFTWARE_KEYS is for local use');
    expect(() => refuseSoftwareKeysInProduction(environment(allowed))).not.toThrow();
    expect(() => refuseSoftwareKeysInProduction(environment({ NODE_ENV: 'production' }))).not.toThrow();
  });

  it('takes no software key where nothing is said, and no step-up where it knows no keys', () => {
    expect(stepUpsOf(environment({}), undefined)).toBeUndefined();
    const registry = { HEED_REGISTRY_URL: 'http://registry.example' };
    expect(stepUpsOf(environment(registry), undefined)).toMatchObject({ issuer: 'https://heed.example', allowSoftware: false });
  });
});
