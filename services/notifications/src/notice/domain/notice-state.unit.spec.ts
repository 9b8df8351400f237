import { expect, it } from 'vitest';
import { isPublished, noticeState } from './notice-state.js';
import type { NoticeFacts } from './notice-state.js';

const facts = (over: Partial<NoticeFacts>): NoticeFacts => ({ channels: ['email'], channelsNeeded: 'all', recipients: 2, delivered: 0, failed: 0, ...over });

it('a notice that must go by mail waits while it has nobody to go to', () => {
  expect(noticeState(facts({ recipients: 0 }))).toBe('waiting_for_recipients');
  expect(noticeState(facts({ recipients: 0, channels: ['email', 'page'] }))).toBe('waiting_for_recipients');
});

it('a notice for which one channel is enough is published without recipients', () => {
  expect(noticeState(facts({ recipients: 0, channels: ['email', 'console'], channelsNeeded: 'any' }))).toBe('published');
  expect(noticeState(facts({ recipients: 0, channels: ['email'], channelsNeeded: 'any' }))).toBe('waiting_for_recipients');
});

it('is delivered when everybody has it, and incomplete when somebody never will', () => {
  expect(noticeState(facts({ delivered: 1 }))).toBe('sending');
  expect(noticeState(facts({ delivered: 2 }))).toBe('delivered');
  expect(noticeState(facts({ delivered: 1, failed: 1 }))).toBe('incomplete');
});

it('stands where everybody sees it unless mail is its only channel', () => {
  expect([['page'], ['email', 'console'], ['email']].map(isPublished)).toEqual([true, true, false]);
});
