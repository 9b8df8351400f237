import type { Call } from '@heed/http';
import { asHeedError } from '@heed/http';
import { failpoint, isHeedError, refused } from '@heed/kernel';
import type { HeedError } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { setTimeout as sleep } from 'node:timers/promises';
import { LearnAges } from '../children/learn-ages.use-case.js';
import { prepare, refsOf } from '../consent-record/decision-call.js';
import type { DecisionCall, Prepared } from '../consent-record/decision-call.js';
import { DeniedPurposes, grantedIn } from '../consent-record/denied-purposes.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { isMetAtOnce, metAgain } from '../subject/met-at-once.js';
import { SubjectStore } from '../subject/subject.store.js';
import type { BulkLine } from './bulk-line.js';
import { earlierLines, keepLines } from './kept-answers.js';
import { answered, failed, wouldBeRecorded } from './line-result.js';
import type { LineResult } from './line-result.js';

/** How long a database that is away is waited for before the lines are given back as `unknown`: a failover is over by then. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 500;

export interface RecordLinesParts {
  readonly unitOfWork: UnitOfWork;
  readonly decisions: RecordDecisions;
  readonly denied: DeniedPurposes;
  readonly policies: PolicyStore;
  readonly subjects: SubjectStore;
  readonly ages: LearnAges;
  readonly patienceMs?: number;
}

/** A line, and what it asks for. */
export type BulkCall = BulkLine & { readonly decisions: DecisionCall };

/**
 * Records lines of an upload, many in one transaction with their answers. One that is refused is told so and leaves its
 * neighbours alone; one that was done before is answered as it was then.
 */
export class RecordLines {
  constructor(private readonly parts: RecordLinesParts) {}

  /** Fails before the first line where none could be recorded. @throws HeedError, e.g. `policy_not_ready` */
  async ready(tenant: string): Promise<void> {
    await this.parts.unitOfWork.run(tenant, (tx) => this.parts.policies.current(tx));
  }

  /** In the order given. No two of the lines have the same id. */
  async record(call: Call, lines: readonly BulkCall[]): Promise<readonly LineResult[]> {
    const until = performance.now() + (this.parts.patienceMs ?? PATIENCE_MS);
    for (;;) {
      const results = await this.recordOnce(call, lines);
      if (!results.some(({ status }) => status === 'unknown') || performance.now() > until) return results;
      await sleep(PAUSE_MS); // sending a line again is harmless: it has a key
    }
  }

  /** Looks at lines without recording any: what the policy says, and who is meant. */
  async look(call: Call, lines: readonly BulkCall[]): Promise<readonly LineResult[]> {
    return this.parts.unitOfWork.run(call.tenant, async (tx) => {
      const earlier = await earlierLines(tx, lines);
      const read = await this.prepared(tx, lines);
      const found = await this.parts.subjects.find(tx, read.map(({ prepared }) => prepared?.person ?? { identifiers: [] }));
      return read.map(({ line, prepared, refusal }, i) => {
        const before = earlier.get(line.id);
        if (before && before.fingerprint !== line.fingerprint) return failed(line, reused());
        if (!prepared) return failed(line, refusal);
        const isNew = !found[i] && 'identifiers' in prepared.person;
        const tried = isNew ? undefined : attempt(() => refsOf(prepared, found[i]));
        return tried && 'error' in tried ? failed(line, tried.error) : wouldBeRecorded(line);
      });
    });
  }

  private async recordOnce(call: Call, lines: readonly BulkCall[]): Promise<readonly LineResult[]> {
    try {
      const results = await metAgain(() => this.parts.unitOfWork.run(call.tenant, (tx) => this.transact(tx, lines), { cause: call.cause }));
      failpoint('batch.after-commit');
      return results;
    } catch (error) {
      const reason = asHeedError(error);
      // Whether it was committed is not known: all are given back, and whoever sends them again learns which were.
      if (reason.kind === 'unavailable' && !isMetAtOnce(error)) return lines.map((one) => failed(one, reason));
      const [line] = lines;
      if (line && lines.length === 1 && reason.kind === 'refused') await this.parts.ages.learnOfRefused(this.parts.unitOfWork, call.tenant, line.decisions);
      if (lines.length <= 1) return line ? [failed(line, reason)] : [];
      // What only the register can refuse, such as identifiers of several people: found by halves, which keep their order.
      const half = Math.ceil(lines.length / 2);
      const first = await this.recordOnce(call, lines.slice(0, half));
      return [...first, ...(await this.recordOnce(call, lines.slice(half)))];
    }
  }

  private async transact(tx: Tx, lines: readonly BulkCall[]): Promise<readonly LineResult[]> {
    const earlier = await earlierLines(tx, lines);
    const read = await this.prepared(tx, lines);
    const fresh = read.flatMap(({ line, prepared }) => (prepared && !earlier.has(line.id) ? [line] : []));
    const recorded = fresh.length > 0 ? await this.parts.decisions.record(tx, fresh.map(({ decisions }) => decisions)) : [];
    const done = fresh.map((line, i) => [line, recorded[i]!] as const);
    await keepLines(tx, done);
    for (const { line, refusal } of read) {
      if (refusal?.code !== 'purpose_denied' || earlier.has(line.id)) continue;
      const { id, channel, actor, cause, decisions } = line.decisions; // the attempt is evidence (G01)
      await this.parts.denied.record(tx, { id, channel, actor, cause, purposes: grantedIn(decisions) });
    }
    const answers = new Map(done);
    return read.map(({ line, refusal }) => {
      const before = earlier.get(line.id);
      if (before) return before.fingerprint === line.fingerprint ? answered(line, 'duplicate', before.answer) : failed(line, reused());
      return refusal ? failed(line, refusal) : answered(line, 'recorded', answers.get(line)!);
    });
  }

  private async prepared(tx: Tx, lines: readonly BulkCall[]): Promise<readonly Read[]> {
    const policy = await this.parts.policies.current(tx);
    return lines.map((line): Read => {
      const tried = attempt(() => prepare(policy, line.decisions));
      return 'error' in tried ? { line, refusal: tried.error } : { line, prepared: tried.value };
    });
  }
}

type Read =
  | { readonly line: BulkCall; readonly prepared: Prepared; readonly refusal?: undefined }
  | { readonly line: BulkCall; readonly prepared?: undefined; readonly refusal: HeedError };

function attempt<T>(work: () => T): { readonly value: T } | { readonly error: HeedError } {
  try {
    return { value: work() };
  } catch (error) {
    if (!isHeedError(error)) throw error;
    return { error };
  }
}

const reused = (): HeedError => refused('idempotency_key_reused', 'This id was used for another line; use a new one.');
