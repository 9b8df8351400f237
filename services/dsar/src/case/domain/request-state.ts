import { conflict } from '@heed/kernel';

export const REQUEST_STATES = ['awaiting_verification', 'verified', 'in_progress', 'held', 'closed', 'refused'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** What may happen to a case: acts of people, and what retention and the stores answer. */
export type RequestAct = 'verify' | 'approve' | 'refuse' | 'extend' | 'hold' | 'release' | 'settle';

/**
 * Where each act leads; what is not here is not possible. Nothing is erased of a person who was not verified (AUR-30), and
 * nothing without a person's approval.
 */
const TRANSITIONS: Readonly<Record<RequestState, Partial<Record<RequestAct, RequestState>>>> = {
  awaiting_verification: { verify: 'verified', refuse: 'refused', extend: 'awaiting_verification' },
  verified: { approve: 'in_progress', refuse: 'refused', extend: 'verified' },
  in_progress: { hold: 'held', settle: 'closed', extend: 'in_progress' },
  held: { release: 'in_progress', settle: 'closed', extend: 'held' },
  closed: {},
  refused: {},
};

const WORDS: Readonly<Record<RequestAct, string>> = {
  verify: 'verified',
  approve: 'approved',
  refuse: 'refused',
  extend: 'extended',
  hold: 'held',
  release: 'released',
  settle: 'closed',
};

/** @throws HeedError `state_conflict` (409) */
export function after(state: RequestState, act: RequestAct): RequestState {
  const next = TRANSITIONS[state][act];
  if (!next) throw conflict('state_conflict', `A request in state ${state} cannot be ${WORDS[act]}.`);
  return next;
}

/** The states in which an act is possible, for changing many cases in one statement. */
export function statesBefore(act: RequestAct): readonly RequestState[] {
  return REQUEST_STATES.filter((state) => TRANSITIONS[state][act] !== undefined);
}

/** Where no act leads on. */
export const isOver = (state: RequestState): boolean => Object.keys(TRANSITIONS[state]).length === 0;

export const STATES_OVER: readonly RequestState[] = REQUEST_STATES.filter(isOver);
