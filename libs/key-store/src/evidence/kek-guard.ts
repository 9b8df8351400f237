import { readFile } from 'node:fs/promises';
import type { KekModule, KekProvider } from '@heed/crypto';
import { HeedError } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { PromisedKeys } from '@heed/persistence';
import { kekEvidence, whyNotProven } from './kek-evidence.js';
import type { KekEvidence } from './kek-evidence.js';

const PROMISED = 'hsm_fips_140_2_level_3';
/** A policy that asks for more is heeded within this time; so is a file that was mended. */
const FRESH_MS = 2_000;

export interface KekGuardOptions {
  readonly kek: KekProvider;
  readonly clock: Clock;
  readonly evidenceFile: string | undefined;
  /** What each tenant's active policy asks. */
  readonly promises: () => Promise<ReadonlyMap<string, PromisedKeys>>;
}

interface Look {
  readonly at: number;
  readonly promises: ReadonlyMap<string, PromisedKeys>;
  /** Why the module in use is not proven; undefined where it is. */
  readonly why: string | undefined;
}

/**
 * Lets no key of a tenant be used whose policy promises a validated module, unless the one in use is proven to be one. Other
 * tenants of the same service are served.
 */
export class KekGuard {
  private last: Look | undefined;
  private module: KekModule | undefined;
  private looking: Promise<Look> | undefined;

  constructor(private readonly options: KekGuardOptions) {}

  /** @throws HeedError `kek_unproven` */
  readonly admit = async (tenant: string): Promise<void> => {
    const { promises, why } = await this.look();
    const promised = promises.get(tenant);
    if (promised?.kek !== PROMISED || why === undefined) return;
    throw new HeedError({
      kind: 'unavailable',
      code: 'kek_unproven',
      detail: `The policy of ${tenant} promises keys in a FIPS 140-2 level 3 module: ${why}.`,
      retryAfterSeconds: 60,
      ...(promised.promise === undefined ? {} : { promise: promised.promise }),
    });
  };

  private async look(): Promise<Look> {
    const now = performance.now();
    if (this.last && now - this.last.at < FRESH_MS) return this.last;
    this.looking ??= this.read(now).finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async read(at: number): Promise<Look> {
    const promises = await this.options.promises();
    const wanted = [...promises.values()].some(({ kek }) => kek === PROMISED);
    this.last = { at, promises, why: wanted ? await this.whyNot() : undefined };
    return this.last;
  }

  private async whyNot(): Promise<string | undefined> {
    const evidence = await this.evidence();
    if (typeof evidence === 'string') return evidence;
    // A module that is away just now is the one that it was: cached keys serve without it.
    this.module = await this.options.kek.describe().catch(() => this.module);
    return this.module ? whyNotProven(evidence, this.module, this.options.clock.now()) : 'the module in use does not answer';
  }

  /** Why it cannot be read, where it cannot. */
  private async evidence(): Promise<KekEvidence | string | undefined> {
    const file = this.options.evidenceFile;
    if (file === undefined) return undefined;
    try {
      const read = kekEvidence.safeParse(JSON.parse(await readFile(file, 'utf8')));
      if (read.success) return read.data;
      return `the recorded evidence is not complete (${read.error.issues.map((issue) => issue.path.join('.') || issue.message).join(', ')})`;
    } catch {
      return `the recorded evidence ${file} cannot be read`;
    }
  }
}
