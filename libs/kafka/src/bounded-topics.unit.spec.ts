import { describe, expect, it } from 'vitest';
import { within } from './bounded-topics.js';

describe('what has to change of a topic', () => {
  it.each([
    ['is larger', { 'retention.ms': '20' }, { 'retention.ms': '10' }],
    ['is without end', { 'retention.ms': '-1' }, { 'retention.ms': '10' }],
    ['is not set', {}, { 'retention.ms': '10' }],
    ['is smaller', { 'retention.ms': '9' }, {}],
    ['is the same', { 'retention.ms': '10' }, {}],
  ])('where a number %s', (_, present, change) => {
    expect(within({ 'retention.ms': '10' }, present)).toEqual(change);
  });

  it('is what differs, where it is a word', () => {
    const declared = { 'message.timestamp.type': 'LogAppendTime' };
    expect(within(declared, { 'message.timestamp.type': 'CreateTime' })).toEqual(declared);
    expect(within(declared, declared)).toEqual({});
  });
});
