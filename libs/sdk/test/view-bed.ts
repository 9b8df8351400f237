import { createHmac, randomUUID } from 'node:crypto';
import { ConsentView } from '../src/state/consent-view.js';
import type { HeldRecord, PolicyRecord } from '../src/state/records.js';
import { byEmail } from '../src/subject.js';

export const KEY = Buffer.alloc(32, 9);
export const POLICY: PolicyRecord = {
  policyVersion: 1, country: 'IN', defaultJurisdiction: 'IN', places: { DE: 'EU' },
  purposes: [
    { id: 'news', bases: { IN: 'consent', EU: 'consent' }, gpc: false, targets: true },
    { id: 'security', bases: { IN: 'legitimate_use', EU: 'legitimate_interest' }, gpc: false, targets: false },
    { id: 'analytics', bases: { IN: 'consent' }, gpc: true, targets: true },
    { id: 'service', bases: { IN: 'contract' }, gpc: false, targets: false },
    { id: 'advice', bases: { IN: 'contract' }, gpc: false, targets: true },
    { id: 'survey', bases: { IN: 'consent' }, gpc: false, targets: false },
  ],
  adultAge: { IN: 18, EU: 16 }, childPromises: { targets: 'AJU-25', other: 'AJU-24' },
  never: [{ id: 'sale', promise: 'AJU-03' }],
};

export const keyOf = (text: string): Buffer => Buffer.from(createHmac('sha256', KEY).update(text).digest('base64url'));
export const refOf = (n: number): string => `sub_${n.toString(16).padStart(32, '0')}`;
export const held = (state: string, more: object = {}): HeldRecord => ({ state, recordId: randomUUID(), ...more });

interface Said {
  readonly n: number;
  readonly texts?: readonly string[];
  readonly version?: number;
  readonly build?: number;
  readonly at?: string;
  readonly purposes?: Readonly<Record<string, HeldRecord>>;
  readonly domains?: object;
  readonly age?: { readonly atLeast: number | null };
}

/** A view with time in its hands, which has read a topic to its end; people are numbers. */
export class ViewBed {
  now = 1_000_000;
  elapsed = 0;
  view: ConsentView;

  constructor(maxSubjects?: number) {
    this.view = this.begin(maxSubjects);
  }

  /** A view that has read nothing. */
  make(maxSubjects = 1000): ConsentView {
    return new ConsentView({ now: () => this.now, elapsed: () => this.elapsed, stalenessMs: 30_000, maxSubjects, maxKnownKeys: 100 });
  }

  /** A new view that has read to the end of a topic in which nobody is. */
  begin(maxSubjects?: number): ConsentView {
    this.view = this.make(maxSubjects);
    this.view.use({ key: KEY.toString('base64url'), epoch: 1, policy: POLICY });
    this.tell('build', { build: 5, epoch: 1 });
    this.beat();
    this.view.freshness.reachEnd();
    return this.view;
  }

  tell(name: string, data: object): void {
    this.view.take({ key: Buffer.from(name), value: Buffer.from(JSON.stringify({ v: 1, ...data })) });
  }

  beat(more: object = {}): void {
    this.tell('heartbeat', { completeUntil: new Date(this.now).toISOString(), epoch: 1, build: 5, policyVersion: 1, ...more });
  }

  say({ n, texts = [`email|p${n}@example.com`], version = 1, build = 5, at = '', purposes = { news: held('given') }, domains, age }: Said): void {
    for (const text of [...texts, `ref|${refOf(n)}`]) {
      this.view.take({ key: keyOf(text), value: Buffer.from(JSON.stringify({ v: 1, ref: refOf(n), version, build, at, purposes, ...(age ? { age } : {}), ...(domains ? { domains } : {}) })) });
    }
  }

  may(n: number, purpose = 'news', options = {}): ReturnType<ConsentView['may']> {
    return this.view.may(byEmail(`P${n}@Example.com`), purpose, options);
  }
}
