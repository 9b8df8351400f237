import { describe, expect, it } from 'vitest';
import { deadLetterMessage, openedContent, sealLetter } from './dead-letter.js';
import type { DeadLetter } from './dead-letter.js';

const letter: DeadLetter = {
  record: {
    topic: 'heed.t.ajuni.ingress.v1', partition: 0, offset: '7', timestamp: '0', key: Buffer.from('customer 12'), value: Buffer.from('ada@example.org'),
    headers: { ce_id: 'order of ada', ce_type: [Buffer.from('ada'), Buffer.from('again')], empty: undefined },
  },
  code: 'type_unknown', reason: 'this topic takes no events of that type',
};
/** Not encryption, but not readable either. */
const turned = (content: Buffer): Buffer => Buffer.from(content.map((byte) => byte ^ 0xff));
const sealed = (one: DeadLetter): Promise<DeadLetter> => sealLetter(one, (content) => Promise.resolve(turned(content)));

describe('a sealed dead letter', () => {
  it('tells why it is one and where it came from, and nothing that its publisher wrote', async () => {
    const message = deadLetterMessage(await sealed(letter), 'heed.consent.ingress');
    expect(message.key).toBeNull();
    expect(JSON.stringify(message.headers)).not.toContain('ada');
    expect(Object.keys(message.headers ?? {}).every((name) => name.startsWith('heed_dlq_'))).toBe(true);
    expect(message.headers).toMatchObject({ heed_dlq_code: 'type_unknown', heed_dlq_topic: 'heed.t.ajuni.ingress.v1', heed_dlq_offset: '7' });
  });

  it('opens to what its publisher wrote: key, value and headers, also one without a value', async () => {
    const opened = async (one: DeadLetter): Promise<unknown> => openedContent(turned((await sealed(one)).record.value!));
    const headers = { ce_id: Buffer.from('order of ada'), ce_type: Buffer.from('ada') };
    expect(await opened(letter)).toEqual({ key: letter.record.key, value: letter.record.value, headers });
    expect(await opened({ ...letter, record: { ...letter.record, key: null, value: null } })).toEqual({ key: null, value: null, headers });
  });

  it('that is not sealed is the record as it came', () => {
    const message = deadLetterMessage(letter, 'heed.consent.ingress');
    expect(message).toMatchObject({ key: letter.record.key, value: letter.record.value, headers: { ce_id: Buffer.from('order of ada') } });
  });
});
