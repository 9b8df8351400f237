import type { Basis } from '@heed/policy';
import type { AnswerState } from '../words/words.js';

/** One purpose as a person sees it. */
export interface PurposeView {
  readonly id: string;
  /** A partner's branded domain on which it was decided apart; empty: everywhere. */
  readonly domain: string;
  readonly title: string;
  readonly description: string;
  readonly basis: Basis;
  /** Where in the law. */
  readonly reference: string;
  /** What can be switched: their consent, their objection, or nothing. */
  readonly choice: 'consent' | 'objection' | 'none';
  readonly on: boolean;
  /** What was decided last, and when; null where nothing was. */
  readonly decided: { readonly state: string; readonly at: Date } | null;
  readonly validUntil: Date | null;
  /** The words that a yes on this page is bound to. */
  readonly notice: { readonly id: string; readonly version: string; readonly text: string; readonly language: string } | undefined;
  /** The browser's Global Privacy Control is about it. */
  readonly signalled: boolean;
}

/** Names the words of a notice in a form. */
export const nameOf = (notice: PurposeView['notice']): string => (notice ? `${notice.id} ${notice.version}` : '');

/** A change that was sent to the stores, and what they say. */
export interface ChangeView {
  readonly titles: readonly string[];
  readonly on: boolean;
  readonly at: Date;
  readonly answers: readonly { readonly store: string; readonly state: AnswerState }[];
}

/** Everything that stands on the preference page. Nothing in it says who the person is. */
export interface PreferencesView {
  readonly tenant: string;
  readonly controller: string;
  readonly contact: string;
  readonly zone: string;
  readonly expiresAt: Date;
  readonly purposes: readonly PurposeView[];
  readonly changes: readonly ChangeView[];
}
