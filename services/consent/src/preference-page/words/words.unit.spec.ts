import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { chooseWords, SPOKEN, wordsOf } from './choose-words.js';

const ajuni = wordsOf(loadSamplePack('ajuni'));
const language = (chosen: string | undefined, header?: string): string => chooseWords(ajuni, chosen, header).language;

describe('the language of a page', () => {
  it('is offered where the tenant has notices in it', () => {
    expect(ajuni.map((words) => words.language)).toEqual(['en', 'hi']);
    expect(wordsOf(loadSamplePack('askasia')).map((words) => words.language)).toEqual(['en']);
  });

  it.each([
    [undefined, 'hi', 'hi'],
    [undefined, 'de;q=1, hi;q=0.5, en;q=0.4', 'hi'],
    [undefined, 'en;q=0.4, hi;q=0.5', 'hi'],
    [undefined, 'hi;q=0, *', 'en'],
    [undefined, 'HI-in', 'hi'],
    [undefined, ';;;,,=q', 'en'],
    [undefined, undefined, 'en'],
    ['hi', 'en', 'hi'],
    ['xx', 'hi', 'hi'],
    ['__proto__', 'en', 'en'],
  ])('chosen %j, by a browser that prefers %j, is %s', (chosen, header, wanted) => {
    expect(language(chosen, header)).toBe(wanted);
  });

  it('has words for every state in all of them, and no two languages say the same', () => {
    const said = SPOKEN.map((words) => [
      ...['given', 'refused', 'withdrawn', 'objected', 'expired', 'invalidated', 'terminated'].map((state) => words.state(state, 'D')),
      ...(['waiting', 'done', 'nothing', 'late', 'held', 'overtaken'] as const).map((state) => words.answer(state)),
    ]);
    for (const one of said) expect(one.every((text) => text.length > 2)).toBe(true);
    expect(new Set(said.flat()).size).toBe(said.flat().length);
  });
});
