import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findJava } from '../kafka/java.js';
import { assertKafkaCanBeHad } from '../kafka/jars.js';
import { SERVICES } from './context.js';
import { checkHome, type Home } from './home.js';
import { checkout, type LocalConfig } from './local.config.js';
import { assertBuilt } from './node-part.js';
import { assertPortsFree, externalPorts, planPorts } from './port-plan.js';
import { localTenants, type LocalTenant } from './tenants.js';

/**
 * What can be known to fail before anything is made or runs is refused before anything is made or runs.
 * @returns the tenants, whose packs were read for that
 */
export async function preflight(home: Home, options: LocalConfig & { readonly without?: readonly string[] }): Promise<readonly LocalTenant[]> {
  const program = (name: string, script: string): string => join(checkout, 'services', name, 'dist', script);
  for (const service of SERVICES) {
    assertBuilt(program(service, 'main.js'));
    if (options.without?.includes(`migrate-${service}`) !== true) assertBuilt(program(service, 'migrate.js'));
  }
  assertBuilt(program('store-agent', 'main.js'));
  checkHome(home, options.minFreeMb);
  const tenants = localTenants(home);
  if (options.kafka === undefined) {
    await findJava();
    await assertKafkaCanBeHad();
  }
  // A home that was used may have left programs running, which hold their ports until they are ended.
  if (options.portBase !== 0 && !existsSync(home.run())) await assertPortsFree(await planPorts(options.portBase), externalPorts(options));
  return tenants;
}
