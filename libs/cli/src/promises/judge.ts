import type { CataloguedPromise } from '@heed/policy';
import type { RanTest } from './test-run.js';

/**
 * `kept`: a test that carries the id ran and passed, and none failed. `broken`: one failed. `unproven`: tests carry the id, none of them
 * ran. `untested`: no test carries the id.
 */
export type Verdict = 'kept' | 'broken' | 'unproven' | 'untested';

export interface JudgedPromise extends Pick<CataloguedPromise, 'id' | 'tenant' | 'policy' | 'title' | 'owner' | 'group'> {
  readonly verdict: Verdict;
  readonly tests: readonly RanTest[];
}

export interface Judgement {
  readonly promises: readonly JudgedPromise[];
  /** Ids that look like a policy's and stand in no policy: mistyped, or promised no more. */
  readonly unknown: readonly { readonly id: string; readonly test: RanTest }[];
}

/** Holds each promise against the tests that carry its id in their name. */
export function judge(promises: readonly CataloguedPromise[], tests: readonly RanTest[]): Judgement {
  const byId = new Map<string, RanTest[]>();
  for (const test of tests) {
    for (const id of idsIn(test.name)) byId.set(id, [...(byId.get(id) ?? []), test]);
  }
  const judged = promises.map(({ id, tenant, policy, title, owner, group }) => {
    const about = byId.get(id) ?? [];
    return { id, tenant, policy, title, owner, group, verdict: verdictOn(about), tests: about };
  });
  const known = new Set(promises.map((promise) => promise.id));
  const prefixes = new Set(promises.map((promise) => prefixOf(promise.id)));
  const unknown = [...byId]
    .filter(([id]) => prefixes.has(prefixOf(id)) && !known.has(id))
    .flatMap(([id, about]) => about.map((test) => ({ id, test })));
  return { promises: judged, unknown };
}

export function count(promises: readonly JudgedPromise[], verdict: Verdict): number {
  return promises.filter((promise) => promise.verdict === verdict).length;
}

function idsIn(name: string): Set<string> {
  return new Set(name.match(/\b[A-Z]{3}-\d{2}\b/g));
}

function prefixOf(id: string): string {
  return id.slice(0, 3);
}

function verdictOn(tests: readonly RanTest[]): Verdict {
  if (tests.length === 0) return 'untested';
  if (tests.some((test) => test.status === 'failed')) return 'broken';
  return tests.some((test) => test.status === 'passed') ? 'kept' : 'unproven';
}
