import type { PresentState } from './consent-record.store.js';
import { changesNothing, hasExpired, isNo, isOpen } from './decision.js';
import type { Decision } from './decision.js';

interface Asked {
  readonly ref: string;
  readonly purpose: string;
  /** Empty: everywhere. */
  readonly domain: string;
  readonly decision: Decision;
}

/** What a person's stores are to do about purposes. */
export interface Standing {
  readonly on: readonly string[];
  readonly off: readonly string[];
}

/** What holds for the people of a batch, as its decisions move it; what moved is written at the end. */
export class PresentStates {
  private readonly states = new Map<string, PresentState>();
  private readonly domains = new Map<string, Set<string>>();
  private readonly purposes = new Map<string, Set<string>>();
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

  /** What the person has decided about, wherever. */
  decided(ref: string): readonly string[] {
    const isDecided = (purpose: string): boolean => [this.get(ref, purpose, ''), ...this.onDomains(ref, purpose)].some((held) => held !== undefined && !isOpen(held.state));
    return [...(this.purposes.get(ref) ?? [])].filter(isDecided);
  }

  /** It is so already; a no that names no domain, on every domain. */
  isSettled({ ref, purpose, domain, decision }: Asked, now: Date): boolean {
    if (!changesNothing(decision, this.get(ref, purpose, domain), now)) return false;
    return domain !== '' || !isNo(decision) || this.onDomains(ref, purpose).every((state) => state.state !== 'given');
  }

  /** A no that stands longer than `ms` and is said once more. */
  isStale({ ref, purpose, domain, decision }: Asked, now: Date, ms: number): boolean {
    const held = this.get(ref, purpose, domain);
    return held !== undefined && isNo(decision) && now.getTime() - held.occurredAt.getTime() >= ms;
  }

  /**
   * What the person's stores are to do: what was decided everywhere; where nothing was, all domains have to agree. A yes whose
   * time has passed is over, whether or not that was recorded yet.
   */
  isOn(ref: string, purpose: string, now: Date): boolean {
    const holds = (held: PresentState): boolean => held.state === 'given' && !hasExpired(held, now);
    const everywhere = this.get(ref, purpose, '');
    if (everywhere && !isOpen(everywhere.state)) return holds(everywhere);
    const decided = this.onDomains(ref, purpose).filter(({ state }) => !isOpen(state));
    return decided.length > 0 && decided.every(holds);
  }

  /** These purposes, by what is said of them once more to stores that have to learn of the person anew. */
  standing(ref: string, purposes: readonly string[], now: Date): Standing {
    const { on = [], off = [] } = Object.groupBy(new Set(purposes), (purpose) => (this.isOn(ref, purpose, now) ? 'on' : 'off'));
    return { on, off };
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
    this.purposes.set(ref, (this.purposes.get(ref) ?? new Set()).add(purpose));
    if (domain === '') return;
    const person = `${ref} ${purpose}`;
    this.domains.set(person, (this.domains.get(person) ?? new Set()).add(domain));
  }
}

const keyOf = (ref: string, purpose: string, domain: string): string => `${ref} ${purpose} ${domain}`;
