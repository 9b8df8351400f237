import { join } from 'node:path';
import { findJava } from '../kafka/java.js';
import { SERVICES } from './context.js';
import { checkout } from './local.config.js';
import { assertBuilt } from './node-part.js';
import type { PartSpec } from './parts.js';

/** What can be known to fail before anything runs is refused before anything runs. */
export async function preflight(
  specs: readonly PartSpec[],
  options: { readonly embeddedKafka: boolean; readonly without: readonly string[] },
): Promise<void> {
  for (const spec of specs) assertBuilt(spec.script);
  for (const service of SERVICES) {
    if (!options.without.includes(`migrate-${service}`)) assertBuilt(join(checkout, 'services', service, 'dist', 'migrate.js'));
  }
  if (options.embeddedKafka) await findJava();
}
