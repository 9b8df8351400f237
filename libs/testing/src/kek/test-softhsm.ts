import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { softhsmModule, useSofthsmConfig } from '../testing.config.js';

const run = promisify(execFile);

export interface TestToken {
  readonly module: string;
  readonly label: string;
  readonly pinFile: string;
  /** For processes that a spec starts. */
  readonly config: string;
}

/**
 * A SoftHSM token in a folder of its own. One a process: the module reads the folder's place once.
 * @example const { module, label, pinFile } = await testSofthsm(dir);
 */
export async function testSofthsm(dir: string, label = 'heed-test'): Promise<TestToken> {
  const [config, tokens, pinFile] = [join(dir, 'softhsm2.conf'), join(dir, 'tokens'), join(dir, 'pin')];
  await mkdir(tokens, { recursive: true });
  await writeFile(config, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  await writeFile(pinFile, '4711-test\n', { mode: 0o600 });
  await run('softhsm2-util', ['--init-token', '--free', '--label', label, '--so-pin', 'so-test', '--pin', '4711-test'], { env: { SOFTHSM2_CONF: config, PATH: '/usr/local/bin:/usr/bin:/bin' } });
  useSofthsmConfig(config);
  return { module: softhsmModule(), label, pinFile, config };
}
