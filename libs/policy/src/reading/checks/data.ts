import type { PackPath } from '../issue.js';
import { oneOf, type Check } from './check.js';

/** Every category named somewhere is declared, and every declared one has a schedule: data without one is kept for ever. */
export const checkCategories: Check = (pack, report) => {
  const known = new Set(pack.dataCategories.map((c) => c.id));
  const used: [string, PackPath, string][] = [];
  const use = (who: string, path: PackPath, categories: readonly string[] = []): void => {
    for (const [i, category] of categories.entries()) used.push([who, [...path, i], category]);
  };
  for (const [i, p] of pack.purposes.entries()) use(`purpose ${p.id}`, ['purposes', i, 'categories'], p.categories);
  for (const [i, p] of pack.neverPurposes.entries()) use(`never-purpose ${p.id}`, ['neverPurposes', i, 'categories'], p.categories);
  for (const [i, v] of pack.subprocessors.vendors.entries()) {
    use(`vendor ${v.id}`, ['subprocessors', 'vendors', i, 'categories'], v.categories);
  }
  for (const [i, f] of pack.transfers.flows.entries()) use(`transfer ${f.id}`, ['transfers', 'flows', i, 'categories'], f.categories);
  for (const [i, r] of pack.retention.entries()) used.push(['retention', ['retention', i, 'category'], r.category]);
  for (const [who, path, category] of used) {
    if (!known.has(category)) report('category_unknown', `${who}: no data category ${category}; ${oneOf(known)}`, path);
  }
  const scheduled = new Set(pack.retention.map((r) => r.category));
  for (const [i, category] of pack.dataCategories.entries()) {
    if (!scheduled.has(category.id)) {
      report('category_unscheduled', `${category.id} has no rule under retention; it would be kept for ever`, ['dataCategories', i, 'id']);
    }
    if (category.role === 'processor' && category.controller === undefined) {
      report('controller_missing', `${category.id}: a processor works for somebody; name the controller`, ['dataCategories', i, 'role']);
    }
  }
  for (const [i, rule] of pack.retention.entries()) {
    if (rule.then === 'aggregate' && rule.aggregateBy === undefined) {
      report('aggregate_grain_missing', `${rule.category}: aggregateBy says what remains, day or month`, ['retention', i, 'then']);
    }
  }
};
