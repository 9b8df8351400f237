import { newestStores } from '@heed/fanout';
import type { Tx } from '@heed/persistence';
import { basisOf } from '@heed/policy';
import type { LegalBasis, PolicyPack, Purpose } from '@heed/policy';
import { presentStates } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { hasExpired, isNo, isOpen } from '../consent-record/decision.js';
import type { Link } from '../link/link.store.js';
import { isAboutGpc } from '../signal/gpc-purposes.js';
import type { ChangeView, PreferencesView, PurposeView } from './page/view.js';
import { readChanges } from './read-changes.js';
import type { Words } from './words/words.js';

/** What the page shows of one person. */
export async function readPreferences(tx: Tx, pack: PolicyPack, link: Link, words: Words): Promise<PreferencesView> {
  const place = await placeOf(tx, link);
  const states = await presentStates(tx, [link.ref]);
  const titles = new Map(pack.purposes.map((purpose) => [purpose.id, purpose.title]));
  const stores = new Map((await newestStores(tx)).map((store) => [store.id, store.title]));
  const changes: readonly ChangeView[] = (await readChanges(tx, link.ref)).map((change) => ({
    titles: change.purposes.map((id) => titles.get(id) ?? id),
    on: change.on,
    at: change.at,
    answers: change.answers.map(({ store, state }) => ({ store: stores.get(store) ?? store, state })),
  }));
  return {
    ...writerOf(pack),
    zone: pack.tenant.zone.value,
    expiresAt: link.expiresAt,
    changes,
    purposes: pack.purposes.flatMap((purpose) => {
      const legal = basisOf(pack, purpose, place);
      if (!legal) return [];
      const everywhere = states.find((state) => state.purpose === purpose.id && state.domain === '');
      const domains = states.filter((state) => state.purpose === purpose.id && state.domain !== '').toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
      return [undefined, ...domains].map((on) => viewOf({ pack, purpose, legal, words, now: tx.clock.now() }, on ?? everywhere, on?.domain ?? ''));
    }),
  };
}

/** Who writes to the person, and whom they may ask. */
export function writerOf({ tenant }: PolicyPack): { readonly tenant: string; readonly controller: string; readonly contact: string } {
  return { tenant: tenant.name, controller: tenant.controller.value, contact: (tenant.contacts.dpo ?? tenant.contacts.privacy).value };
}

/** Whose law applies: what the link was made for, else what was recorded last, else the policy's default. */
export async function placeOf(tx: Tx, link: Link): Promise<string | undefined> {
  if (link.jurisdiction) return link.jurisdiction;
  const [row] = await tx.query<{ jurisdiction: string }>(
    'SELECT jurisdiction FROM consent_record WHERE ref = $1 AND jurisdiction IS NOT NULL ORDER BY id DESC LIMIT 1',
    [link.ref],
  );
  return row?.jurisdiction;
}

interface Shown {
  readonly pack: PolicyPack;
  readonly purpose: Purpose;
  readonly legal: LegalBasis;
  readonly words: Words;
  readonly now: Date;
}

function viewOf({ pack, purpose, legal, words, now }: Shown, held: PresentState | undefined, domain: string): PurposeView {
  const choice = legal.basis === 'consent' ? 'consent' : legal.basis === 'legitimate_interest' ? 'objection' : 'none';
  const expired = held?.state === 'given' && hasExpired(held, now);
  const decided = held && !isOpen(held.state);
  const given = held?.state === 'given' && !expired;
  const objected = held !== undefined && isNo(held.state);
  return {
    id: purpose.id,
    domain,
    title: domain === '' ? purpose.title : `${purpose.title} (${domain})`,
    description: purpose.description,
    basis: legal.basis,
    reference: legal.reference,
    choice,
    on: choice === 'consent' ? given : choice === 'objection' ? !objected : true,
    decided: decided && (choice === 'consent' || objected) ? { state: expired ? 'expired' : held.state, at: expired ? (held.validUntil ?? held.occurredAt) : held.occurredAt } : null,
    validUntil: given ? held.validUntil : null,
    notice: choice === 'consent' ? noticeFor(pack, purpose.id, words.language) : undefined,
    signalled: choice === 'consent' && isAboutGpc(purpose),
  };
}

/** The words for one purpose: of the notices that ask about it the one that asks about least else, in its newest version. */
export function noticeFor(pack: PolicyPack, purpose: string, language: string): PurposeView['notice'] {
  const asking = pack.notices.consent.filter((one) => one.purposes.includes(purpose));
  const [notice] = asking.toSorted((a, b) => a.purposes.length - b.purposes.length || b.version.localeCompare(a.version, 'en', { numeric: true }));
  if (!notice) return undefined;
  const speaks = (one: string): boolean => Object.hasOwn(notice.texts, one);
  const spoken = [language, ...pack.tenant.languages.value, ...Object.keys(notice.texts)].find(speaks);
  return spoken === undefined ? undefined : { id: notice.id, version: notice.version, text: notice.texts[spoken] ?? '', language: spoken };
}
