import { unavailable } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { expect, it, vi } from 'vitest';
import type { Gate } from '@heed/kernel';
import { SchemaGate } from './schema-gate.js';
import { ServiceGate } from './service-gate.js';

const every = { openEveryMs: 1, closedEveryMs: 1, logger: makeLogger('test', 'silent') };
const nothing = async (): Promise<void> => undefined;

it('what cannot be opened stays closed, says so, and is tried again', async () => {
  const open = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('Kafka is away')).mockResolvedValue(undefined);
  const behind = vi.fn().mockResolvedValueOnce([]).mockResolvedValueOnce(['0042_new.sql']).mockResolvedValue([]);
  const close = vi.fn().mockRejectedValueOnce(new Error('a consumer would not leave'));
  const gate = new ServiceGate({ gates: [new SchemaGate({ behind }, 'migrate.js')], open, close, ...every });
  await gate.start();
  expect(gate.closed).toBeUndefined();
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(3));
  await vi.waitFor(() => expect(gate.refusal).toBeUndefined());
  await gate.stop();
});

it('one closed gate of several closes the service with its own code and reason, and a later one is not asked before the first is open', async () => {
  let first = true;
  const keys = { name: 'keys', look: vi.fn(async () => ({ code: 'keys_behind', reason: 'two keys', retryAfterSeconds: 30 })) };
  const schema: Gate = { name: 'schema', look: async () => (first ? { code: 'schema_behind', reason: 'a table' } : undefined) };
  const gate = new ServiceGate({ gates: [schema, keys], open: nothing, close: nothing, ...every });
  await gate.start();
  expect([gate.closed, gate.refusal?.code, keys.look.mock.calls.length]).toEqual(['schema (a table)', 'schema_behind', 0]);
  first = false;
  await vi.waitFor(() => expect(gate.closed).toBe('keys (two keys)'));
  expect(gate.refusal).toMatchObject({ code: 'keys_behind', retryAfterSeconds: 30, kind: 'unavailable' });
  await gate.stop();
});

it('a gate that cannot tell keeps a closed service closed and an open one open', async () => {
  const look = vi.fn<Gate['look']>().mockRejectedValueOnce(unavailable('away', 'Kafka does not answer')).mockResolvedValueOnce(undefined).mockRejectedValue(new Error('away'));
  const close = vi.fn(nothing);
  const gate = new ServiceGate({ gates: [{ name: 'ledger', look }], open: nothing, close, ...every });
  expect(gate.refusal?.code).toBe('not_ready');
  await gate.start();
  expect(gate.closed).toBe('ledger (Kafka does not answer)');
  await vi.waitFor(() => expect(look.mock.calls.length).toBeGreaterThan(5));
  expect([gate.closed, close.mock.calls.length]).toEqual([undefined, 0]);
  await gate.stop();
});
