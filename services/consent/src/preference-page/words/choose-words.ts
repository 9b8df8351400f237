import { noticeLanguages } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { en } from './en.js';
import { hi } from './hi.js';
import type { Words } from './words.js';

/** The languages that the pages speak by themselves. */
export const SPOKEN: readonly Words[] = [en, hi];

/** The languages a tenant's pages are offered in: those of its notices that the pages speak, else English. */
export function wordsOf(pack: PolicyPack): readonly Words[] {
  const own = new Set([...pack.tenant.languages.value, ...pack.notices.consent.flatMap(noticeLanguages)].map(primary));
  const spoken = SPOKEN.filter((words) => own.has(words.language));
  return spoken.length > 0 ? spoken : [en];
}

/**
 * What was chosen on the page, else what the browser prefers, else the tenant's first.
 * @example chooseWords(wordsOf(ajuni), undefined, 'hi-IN,hi;q=0.9,en;q=0.8').language // 'hi'
 */
export function chooseWords(offered: readonly Words[], chosen: string | undefined, acceptLanguage: string | undefined): Words {
  for (const wanted of [...(chosen === undefined ? [] : [chosen]), ...preferred(acceptLanguage)]) {
    const words = offered.find((one) => one.language === primary(wanted));
    if (words) return words;
  }
  return offered[0] ?? en;
}

/** RFC 9110 12.5.4, by weight; the order decides among equals. */
function preferred(header: string | undefined): readonly string[] {
  const ranges = (header ?? '').slice(0, 500).split(',').map((part) => {
    const [tag = '', ...parameters] = part.trim().split(';');
    const weight = parameters.map((one) => /^\s*q=([0-9.]+)\s*$/.exec(one)?.[1]).find((q) => q !== undefined);
    return { tag, weight: weight === undefined ? 1 : Number(weight) };
  });
  return ranges.filter(({ tag, weight }) => tag !== '' && weight > 0).toSorted((a, b) => b.weight - a.weight).map(({ tag }) => tag);
}

const primary = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? '';
