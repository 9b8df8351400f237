import type { Basis } from '@heed/policy';

/** Where a store stands with a change, as a person is told. */
export type AnswerState = 'waiting' | 'done' | 'nothing' | 'late' | 'held' | 'overtaken';

/** Everything the pages say by themselves, in one language. What the policy says stands in the policy. */
export interface Words {
  /** BCP 47, e.g. `en`. */
  readonly language: string;
  /** The language in itself, for choosing it. */
  readonly name: string;
  readonly title: string;
  lead(tenant: string): string;
  readonly languages: string;
  readonly yourChoices: string;
  readonly withoutAsking: string;
  readonly withoutAskingLead: string;
  readonly on: string;
  readonly off: string;
  since(date: string): string;
  until(date: string): string;
  state(state: string, date: string): string;
  readonly undecided: string;
  readonly noticeTitle: string;
  readonly objectionHint: string;
  basis(basis: Basis): string;
  readonly basisTitle: string;
  readonly notSwitchable: string;
  readonly gpcTitle: string;
  readonly gpcOff: string;
  readonly gpcOn: string;
  readonly withdrawAllTitle: string;
  readonly withdrawAllLead: string;
  readonly withdrawAll: string;
  readonly nothingOn: string;
  changed(purpose: string, on: boolean): string;
  readonly changedAll: string;
  readonly answersTitle: string;
  readonly answersLead: string;
  readonly answersNone: string;
  change(purposes: string, on: boolean, date: string): string;
  answer(state: AnswerState): string;
  readonly noStores: string;
  readonly lookAgain: string;
  readonly receiptsTitle: string;
  readonly receiptsLead: string;
  readonly receipts: string;
  readonly receiptsAll: string;
  readonly contactTitle: string;
  contact(controller: string): string;
  readonly expires: (date: string) => string;
  readonly refusedTitle: string;
  readonly refusedLead: string;
  readonly back: string;
  readonly unsubscribe: {
    readonly title: string;
    lead(tenant: string): string;
    readonly list: string;
    readonly button: string;
    readonly doneTitle: string;
    done(tenant: string): string;
    readonly goesOn: string;
    readonly nothing: string;
  };
  readonly unknown: {
    readonly title: string;
    readonly lead: string;
    readonly next: readonly string[];
    /** One step more, where nobody knows to whom. */
    readonly write: string;
    readonly mailTitle: string;
    mailLead(tenant: string): string;
  };
}
