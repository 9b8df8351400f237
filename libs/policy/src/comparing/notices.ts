import type { ConsentNotice, PolicyPack } from '../pack/pack.schema.js';

/** Words that people agreed to, and that read differently now under the same name and version. */
export interface RewordedNotice {
  readonly id: string;
  readonly version: string;
  /** Undefined where the purposes differ. */
  readonly language: string | undefined;
}

/**
 * Notices whose words or purposes differ although their version is the same. A record names the version that was shown, so
 * a version must say the same for ever; another language of it, or one less, changes nothing that anybody read.
 * @example rewordedNotices(before, after)[0] // { id: 'signup', version: '1', language: 'en' }
 */
export function rewordedNotices(before: PolicyPack, after: PolicyPack): readonly RewordedNotice[] {
  return after.notices.consent.flatMap((notice): RewordedNotice[] => {
    const { id, version } = notice;
    const former = before.notices.consent.find((other) => other.id === id && other.version === version);
    if (!former) return [];
    const languages = Object.keys(former.texts).filter((language) => Object.hasOwn(notice.texts, language) && notice.texts[language] !== former.texts[language]);
    const purposes = isSame(former.purposes, notice.purposes) ? [] : [undefined];
    return [...purposes, ...languages].map((language) => ({ id, version, language }));
  });
}

/**
 * Whether consent to the former notice must be asked for again: it names a purpose that the former one did not, or the
 * first number of its version is higher. `1` → `1.1` mends words, `1` → `2` changes what they mean.
 */
export function isMaterialNoticeChange(former: Pick<ConsentNotice, 'version' | 'purposes'>, next: Pick<ConsentNotice, 'version' | 'purposes'>): boolean {
  return majorOf(next.version) > majorOf(former.version) || next.purposes.some((purpose) => !former.purposes.includes(purpose));
}

const majorOf = (version: string): number => Number.parseInt(version, 10);
const isSame = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join() === [...b].sort().join();
