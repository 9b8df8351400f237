import { promisesOf, sourceSchema } from '../../pack/source.js';
import type { PackPath } from '../issue.js';
import type { Check } from './check.js';

/** Every source names a promise of this policy, so that a typo or another tenant's promise cannot stand behind a value. */
export const checkPromises: Check = (pack, report) => {
  const known = new Set(pack.promises.map((p) => p.id));
  const prefix = pack.promises[0]?.id.slice(0, 3);
  for (const [index, promise] of pack.promises.entries()) {
    if (promise.id.slice(0, 3) === prefix) continue;
    report('promise_foreign', `${promise.id} is not of this policy, whose promises begin with ${prefix}`, ['promises', index, 'id']);
  }
  const { promises: _listed, ...values } = pack;
  for (const { path, source } of sourcesIn(values, [])) {
    for (const id of promisesOf(source)) {
      if (known.has(id)) continue;
      const foreign = prefix !== undefined && id.slice(0, 3) !== prefix;
      const message = foreign
        ? `${id} is a promise of another policy; this one's begin with ${prefix}`
        : `${id} is not listed under promises`;
      report(foreign ? 'promise_foreign' : 'promise_unknown', message, path);
    }
  }
};

function* sourcesIn(node: unknown, path: PackPath): Generator<{ path: PackPath; source: string | string[] }> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const at = [...path, Array.isArray(node) ? Number(key) : key];
    if (key === 'source') yield { path: at, source: sourceSchema.parse(value) };
    else yield* sourcesIn(value, at);
  }
}
