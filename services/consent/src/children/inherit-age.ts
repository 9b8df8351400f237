import type { Cause } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { ageLimits } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { ChildGuard } from './child-guard.js';
import { stricterOf } from './domain/age.js';
import { grantsOfChildren } from './grants-of-children.js';
import { knownAges } from './person-age.store.js';

/** Two refs are one person, or were: what says child of either counts for both. */
export class InheritAge {
  constructor(
    private readonly policies: PolicyStore,
    private readonly children: ChildGuard,
    private readonly decisions: RecordDecisions,
  ) {}

  /** The people are locked. */
  async run(tx: Tx, { ref, from, cause }: { readonly ref: string; readonly from: string; readonly cause: Cause }): Promise<void> {
    const ages = new Map(await knownAges(tx, [ref, from]));
    const [own, theirs] = [ages.get(ref), ages.get(from)];
    if (!theirs) return;
    const { pack } = await this.policies.current(tx);
    const strict = stricterOf(own, theirs, ageLimits(pack).at(-1) ?? 0);
    if (strict === own) return;
    const children = await this.children.keep(tx, pack, [{ ref, known: strict, before: own, channel: 'identity', cause, jurisdiction: undefined }], ages);
    await this.decisions.record(tx, await grantsOfChildren(tx, pack, children));
  }
}
