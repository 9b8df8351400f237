import { uuidv7 } from '@heed/kernel';
import { describe, expect, it } from 'vitest';
import { isDeadLetter, readCommand } from './read-command.js';

const body = {
  dispatchId: `con_${uuidv7()}`,
  owner: 'consent',
  ref: `sub_${'a'.repeat(32)}`,
  aliases: [],
  version: 1,
  targets: ['crm'],
  mapVersion: 1,
  issuedAt: '2026-11-21T10:00:00Z',
  sealed: { protected: '', aad: '', iv: '', ciphertext: '', tag: '', recipients: [{ encrypted_key: '', header: {} }] },
  purposes: ['marketing_email'],
};
const headers = {
  ce_specversion: '1.0',
  ce_id: uuidv7(),
  ce_source: '/heed/consent',
  ce_type: 'heed.command.withdrawal.v1',
  ce_time: '2026-11-21T10:00:00Z',
  ce_tenantid: 'acme',
};
const record = (change: { value?: Buffer | null; headers?: Record<string, string> } = {}) => ({
  topic: 'heed.t.acme.commands.v1',
  partition: 0,
  offset: '0',
  timestamp: '0',
  key: Buffer.from(body.ref),
  value: Buffer.from(JSON.stringify(body)),
  ...change,
  headers: { ...headers, ...change.headers },
});

describe('a record of the commands topic', () => {
  it('becomes a command with its cause', () => {
    const read = readCommand(record({ headers: { ce_correlationid: 'call-1' } }), 'acme');
    expect(read).toMatchObject({ kind: 'withdrawal', commandId: headers.ce_id, cause: { correlationId: 'call-1', causationId: headers.ce_id } });
  });

  it.each([
    ['an unknown type', { headers: { ce_type: 'heed.command.purge.v1' } }, 'type_unknown'],
    ['no value', { value: null }, 'data_missing'],
    ['broken JSON', { value: Buffer.from('{') }, 'json_malformed'],
    ['invalid UTF-8', { value: Buffer.from([0x22, 0xff, 0x22]) }, 'json_malformed'],
    ['a field too many', { value: Buffer.from(JSON.stringify({ ...body, note: 'x' })) }, 'schema_violation'],
    ['another tenant', { headers: { ce_tenantid: 'umbrella' } }, 'tenant_mismatch'],
    ['an id that is none', { headers: { ce_id: '42' } }, 'envelope_invalid'],
    ['a header that PostgreSQL cannot keep', { headers: { ce_correlationid: 'a\0b' } }, 'envelope_invalid'],
    ['too many bytes', { value: Buffer.alloc(950_001, 0x20) }, 'oversize'],
  ])('is dead-lettered with %s', (_, change, code) => {
    const read = readCommand(record(change), 'acme');
    expect(isDeadLetter(read) && read.code).toBe(code);
  });
});
