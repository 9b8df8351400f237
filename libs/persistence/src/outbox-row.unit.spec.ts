import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsIn, pack } from './outbox-row.js';
import type { PendingRow } from './unit-of-work.js';

const word = fc.constantFrom('a', 'b', 'c');
const event = fc.record<PendingRow>({
  lane: fc.nat(2), topic: word, key: word,
  headers: fc.record({ ce_tenantid: fc.constant('ajuni'), ce_id: fc.uuid(), ce_traceparent: fc.string() }, { requiredKeys: ['ce_tenantid', 'ce_id'] }),
  value: fc.oneof(fc.constant(null), fc.string(), fc.nat(70_000).map((length) => 'x'.repeat(length))),
});
/** What is said in each topic and lane, in order. */
function inLine(events: readonly PendingRow[]): Record<string, readonly unknown[]> {
  const lines: Record<string, unknown[]> = {};
  for (const { topic, lane, key, headers, value } of events) (lines[`${topic} ${lane}`] ??= []).push({ key, headers: { ...headers }, value });
  return lines;
}

describe('rows of the outbox', () => {
  it('give back every event as it was, in order in its topic and lane, with headers of their own', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        expect(inLine(pack(events).flatMap(eventsIn))).toEqual(inLine(events));
      }),
    );
  });

  it('are as few as Kafka and the database bear: events of one topic and lane share one until it is large', () => {
    const small = Array.from({ length: 100 }, (_, i): PendingRow => ({ lane: 1, topic: 't', key: `k${i}`, headers: { ce_tenantid: 'ajuni', ce_id: `${i}` }, value: '{}' }));
    expect(pack(small)).toMatchObject([{ key: '', headers: { ce_tenantid: 'ajuni' }, packed: true }]);
    const large = Array.from({ length: 4 }, (): PendingRow => ({ lane: 1, topic: 't', key: 'one', headers: {}, value: 'x'.repeat(31_000) }));
    expect(pack(large)).toMatchObject([{ key: 'one', packed: true }, { key: 'one', packed: true }]);
  });

  it('are readable as they are where an event is alone', () => {
    const alone: PendingRow = { lane: 1, topic: 't', key: 'k', headers: { ce_id: '1' }, value: '{"n":1}' };
    expect(pack([alone])).toEqual([{ ...alone, packed: false }]);
  });
});
