import { outcomeOf, totalsOf } from '@heed/certificate';
import type { WithdrawalCertificate } from '@heed/certificate';
import { acknowledgements, CertificateRegister } from '@heed/certificate-register';
import { settledDispatches, signingKeys } from '@heed/fanout';
import type { SettledDispatch } from '@heed/fanout';
import { conflict, notFound, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { tenantOf } from './tenant-of.js';

interface Dispatched {
  readonly id: string;
  readonly ref: string;
  readonly version: string;
  /** `consent_withdrawn`; `consent_objected` where the purpose rests on a legitimate interest, `consent_refused` where nothing had been given. */
  readonly cause: string;
  readonly body: { readonly purposes: string[] };
  readonly skipped: { readonly dataStore: string; readonly reason: string }[];
  readonly closed_at: Date | null;
}

interface Withdrawn {
  readonly id: string;
  readonly ref: string;
  readonly purpose: string;
  readonly method: string;
  readonly actor: string;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
}

/**
 * Certifies a withdrawal that every store has heeded. On asking: withdrawals are many and few are asked about, while what
 * proves them is kept for each. One that a new store has joined since is certified anew.
 */
export class CertifyWithdrawal {
  constructor(
    private readonly register: CertificateRegister,
    private readonly policies: PolicyStore,
  ) {}

  /** @throws HeedError `not_found`, `withdrawal_open` while a store has still to answer */
  async certify(tx: Tx, id: string): Promise<string> {
    return this.register.onAsking(tx, 'withdrawal', id, async () => {
      const dispatched = await tx.query<Dispatched>(
        `SELECT id, ref, version, cause->>'type' AS cause, body, skipped, closed_at FROM dispatch
          WHERE kind = 'withdrawal' AND cause->>'id' = $1 AND cause->>'type' IN ('consent_withdrawn', 'consent_objected', 'consent_refused') ORDER BY id`,
        [id],
      );
      const [first] = dispatched;
      if (!first) throw notFound('withdrawal');
      const open = dispatched.filter(({ closed_at: closedAt }) => !closedAt);
      if (open.length > 0) throw conflict('withdrawal_open', `Stores have still to answer: see dispatch ${open.map((one) => one.id).join(', ')}.`);
      const records = await recordsOf(tx, dispatched);
      const certificate = await this.build(tx, { id, first, dispatched, records });
      const decided = dispatched.map(({ id: dispatchId, cause }) => ({ kind: cause.replace('_', '.'), about: { dispatchId }, at: records[0]?.recorded_at ?? tx.clock.now() }));
      const acts = [...decided, ...(await acknowledgements(tx, dispatched.map((one) => one.id)))];
      return { certificate, data: { withdrawalId: id }, ref: first.ref, acts };
    });
  }

  private async build(
    tx: Tx,
    { id, first, dispatched, records }: { id: string; first: Dispatched; dispatched: readonly Dispatched[]; records: readonly Withdrawn[] },
  ): Promise<WithdrawalCertificate> {
    const settled = new Map((await settledDispatches(tx, dispatched.map((one) => one.id))).map((one) => [one.id, one]));
    const keys = await signingKeys(tx, [...settled.values()].flatMap(({ targets }) => targets.flatMap(({ evidence }) => evidence ?? [])));
    const storesOf = (one: SettledDispatch | undefined) => (one?.targets ?? []).map((target) => outcomeOf(target, keys.get(target.evidence?.proof.kid ?? '')));
    const dispatches = dispatched.map((one) => ({
      id: one.id, closedAt: one.closed_at?.toISOString() ?? '', ref: one.ref, version: Number(one.version), purposes: one.body.purposes,
      notAsked: one.skipped, stores: storesOf(settled.get(one.id)),
    }));
    const [record] = records;
    if (!record) throw new Error('a withdrawal without a record');
    const now = tx.clock.now();
    return {
      schema: 'heed.dev/certificate/withdrawal/v1',
      id: uuidv7(now),
      tenant: await tenantOf(tx, this.policies),
      withdrawal: {
        id, ref: first.ref, method: record.method, actor: record.actor, occurredAt: record.occurred_at.toISOString(), recordedAt: record.recorded_at.toISOString(),
        records: records.map((one) => ({ id: one.id, ref: one.ref, purpose: one.purpose })),
      },
      dispatches,
      totals: totalsOf(dispatches),
      issuedAt: now.toISOString(),
      supersedes: null,
    };
  }
}

/** What was written into the register with these dispatches. */
async function recordsOf(tx: Tx, dispatched: readonly Dispatched[]): Promise<readonly Withdrawn[]> {
  return tx.query<Withdrawn>(
    `SELECT c.id, c.ref, c.purpose, c.method, c.actor, c.occurred_at, c.recorded_at
       FROM unnest($1::text[], $2::bigint[]) AS d(ref, version) JOIN consent_record c ON c.ref = d.ref AND c.version = d.version
      WHERE c.state IN ('withdrawn', 'objected', 'refused') ORDER BY c.ref <> $3, c.ref, c.purpose`,
    [dispatched.map(({ ref }) => ref), dispatched.map(({ version }) => version), dispatched[0]?.ref ?? ''],
  );
}
