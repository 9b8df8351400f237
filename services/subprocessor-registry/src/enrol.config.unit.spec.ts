import { expect, it } from 'vitest';
import { readEnrolConfig } from './enrol.config.js';

const read = (subject: string, more: NodeJS.ProcessEnv = {}): string =>
  readEnrolConfig({ HEED_DATABASE_ADMIN_URL: 'postgres://localhost', HEED_TENANT: 'ajuni', HEED_ENROL_SUBJECT: subject, ...more }).subject;

it('a code is for the opaque id of a person, as their tokens have it', () => {
  expect(read('auth0|5f7c8ec7')).toBe('auth0|5f7c8ec7');
});

it('an address is told to nobody: the code is for the pseudonym that the services make of it', () => {
  expect(() => read('ada@example.com')).toThrow('set HEED_SUBJECT_KEY and HEED_ISSUER');
  const key = { HEED_SUBJECT_KEY: 'k'.repeat(32) };
  expect(read('ada@example.com', key)).toMatch(/^hid_/);
  expect(read('Ada@example.com', key)).toBe(read('ada@example.com', key));
  expect(read('ada@example.com', { HEED_ISSUER: 'https://id.example' })).not.toBe(read('ada@example.com', key));
});
