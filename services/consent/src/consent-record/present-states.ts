import type { PresentState } from './consent-record.store.js';

/** What holds for the people of a batch, as its decisions move it; what moved is written at the end. */
export class PresentStates {
  private readonly states = new Map<string, PresentState>();
  private readonly domains = new Map<string, Set<string>>();
  private readonly moved = new Map<string, PresentState>();

  constructor(states: readonly PresentState[]) {
    for (const state of states) this.put(state);
  }

  get(ref: string, purpose: string, domain: string): PresentState | undefined {
    return this.states.get(keyOf(ref, purpose, domain));
  }

  /** On branded domains, where a no that was said everywhere counts as well. */
  onDomains(ref: string, purpose: string): readonly PresentState[] {
    return [...(this.domains.get(`${ref} ${purpose}`) ?? [])].flatMap((domain) => this.get(ref, purpose, domain) ?? []);
  }

  of(ref: string): readonly PresentState[] {
    return [...this.states.values()].filter((state) => state.ref === ref);
  }

  move(state: PresentState): void {
    this.put(state);
    this.moved.set(keyOf(state.ref, state.purpose, state.domain), state);
  }

  get changes(): readonly PresentState[] {
    return [...this.moved.values()];
  }

  private put(state: PresentState): void {
    const { ref, purpose, domain } = state;
    this.states.set(keyOf(ref, purpose, domain), state);
    if (domain === '') return;
    const person = `${ref} ${purpose}`;
    this.domains.set(person, (this.domains.get(person) ?? new Set()).add(domain));
  }
}

const keyOf = (ref: string, purpose: string, domain: string): string => `${ref} ${purpose} ${domain}`;
