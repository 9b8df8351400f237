import { refused } from '@heed/kernel';
import { rewordedNotices } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';

/**
 * A version of a notice says the same for ever: what people agreed to is named by it (AJU-14).
 * @throws HeedError `notice_reworded`
 */
export function refuseRewording(newest: PolicyPack, next: PolicyPack): void {
  const [first] = rewordedNotices(newest, next);
  if (!first) return;
  const what = first.language ? `reads differently in ${first.language}` : 'is about other purposes';
  throw refused('notice_reworded', `Notice ${first.id} version ${first.version} ${what} now; give it a new version, so that people agreed to what they read.`, promiseOf(newest, first.id));
}

function promiseOf(pack: PolicyPack, id: string): string | undefined {
  const source = pack.notices.consent.find((notice) => notice.id === id)?.source;
  const promise = source && [source].flat()[0];
  return promise === 'operator_default' ? undefined : promise;
}
