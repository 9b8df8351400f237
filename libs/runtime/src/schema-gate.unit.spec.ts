import { makeLogger } from '@heed/observability';
import { expect, it, vi } from 'vitest';
import { SchemaGate } from './schema-gate.js';

it('a gate that cannot be opened stays closed, says so, and is tried again', async () => {
  const open = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('Kafka is away')).mockResolvedValue(undefined);
  const behind = vi.fn().mockResolvedValueOnce([]).mockResolvedValueOnce(['0042_new.sql']).mockResolvedValue([]);
  const close = vi.fn().mockRejectedValueOnce(new Error('a consumer would not leave'));
  const gate = new SchemaGate({ behind, open, close, remedy: 'migrate.js', logger: makeLogger('test', 'silent'), openEveryMs: 1, closedEveryMs: 1 });
  await gate.start();
  expect(gate.closed).toBeUndefined();
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(3));
  await vi.waitFor(() => expect(gate.refusal).toBeUndefined());
  await gate.stop();
});
