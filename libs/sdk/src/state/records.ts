/** The values of the consent-state topic, as docs/wire-format.md has them. */
export interface HeldRecord {
  readonly state: string;
  readonly recordId: string;
  readonly validUntil?: string;
}
export type Decisions = Readonly<Record<string, HeldRecord>>;

export interface StateRecord {
  readonly ref: string;
  readonly version: number;
  readonly build: number;
  /** When it was written, RFC 3339. */
  readonly at: string;
  readonly purposes: Decisions;
  /** Of somebody who may be a child. */
  readonly age?: { readonly atLeast: number | null };
  readonly domains?: Readonly<Record<string, Decisions>>;
}

export interface Heartbeat {
  readonly completeUntil: string;
  readonly epoch: number;
  readonly build: number;
  readonly policyVersion: number;
}

export interface BuildRecord {
  readonly build: number;
  readonly epoch: number;
}

export interface PolicyRecord {
  readonly policyVersion: number;
  readonly country: string | null;
  readonly defaultJurisdiction: string;
  readonly places: Readonly<Record<string, string>>;
  readonly purposes: readonly { readonly id: string; readonly bases: Readonly<Record<string, string>>; readonly gpc: boolean; readonly targets: boolean }[];
  readonly adultAge: Readonly<Record<string, number>>;
  readonly childPromises: { readonly targets: string | null; readonly other: string | null };
  readonly never: readonly { readonly id: string; readonly promise: string }[];
}

/** What `GET /v1/consents/state-key` answers. */
export interface StateKeyAnswer {
  readonly tenant: string;
  readonly topic: string;
  readonly key: string;
  readonly epoch: number;
  readonly stalenessMs: number;
  readonly policy: PolicyRecord;
}

/** A record as a Kafka client has it. */
export interface TopicRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}
