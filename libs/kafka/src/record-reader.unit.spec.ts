import { defineEvent } from '@heed/kernel';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRecord } from './record-reader.js';
import type { Item } from './record-reader.js';

const definition = defineEvent({ type: 'heed.ingress.said.v1', topics: ['heed.t.{tenant}.ingress.v1', 'heed.t.{tenant}.commands.v1'], summary: 'Said.', data: z.strictObject({}) });
const options = { topicPrefix: 'x.', handlers: new Map([[definition.type, { definition, handle: async () => undefined }]]) };
const ID = '019a0000-0000-7000-8000-000000000001';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function read(topic: string, attributes: Record<string, string>): Item['event'] {
  const headers = { ce_specversion: '1.0', ce_id: ID, ce_source: '/shop', ce_type: definition.type, ce_time: '2026-11-21T10:00:00Z', ...attributes };
  const item = readRecord({ topic: `x.${topic}`, partition: 0, offset: '0', timestamp: '0', key: null, value: Buffer.from('{}'), headers }, options);
  return (item as Item).event;
}

describe('the attributes of a record', () => {
  it('from outside become opaque where they are free text, the same for the same record', () => {
    const words = { ce_id: 'customer-12', ce_correlationid: 'customer-12', ce_causationid: 'customer-12', ce_dataregion: 'Customer 12', traceparent: 'customer-12' };
    const event = read('heed.t.ajuni.ingress.v1', words);
    expect(JSON.stringify(event).toLowerCase()).not.toContain('customer');
    expect(event.correlationId).toBe(event.id);
    expect(read('heed.t.ajuni.ingress.v1', words).id).toBe(event.id);
    expect(read('heed.t.aurigen.ingress.v1', words).id).not.toBe(event.id);
    expect(read('heed.t.ajuni.ingress.v1', { ...words, ce_id: 'customer-13' }).id).not.toBe(event.id);
  });

  it('from outside stay where they can name nobody', () => {
    const event = read('heed.t.ajuni.ingress.v1', { ce_correlationid: ID, ce_dataregion: 'eu-west', traceparent: TRACE });
    expect(event).toMatchObject({ correlationId: ID, dataRegion: 'eu-west', traceparent: TRACE });
  });

  it("of Heed's own events stay as they are", () => {
    expect(read('heed.t.ajuni.commands.v1', { ce_correlationid: 'c', ce_causationid: 'd' })).toMatchObject({ id: ID, correlationId: 'c', causationId: 'd' });
  });
});
