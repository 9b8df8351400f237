import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findJava } from '../kafka/java.js';
import { runCommand } from '../process/run-command.js';
import { StartError } from '../process/start-error.js';
import { checkHome, Home } from './home.js';
import { SERVICES } from './context.js';
import { checkout, readLocalConfig, type LocalConfig } from './local.config.js';
import { assertPortsFree, externalPorts, planPorts } from './port-plan.js';
import { findRunningSystem } from './system-record.js';

export interface HostFinding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what to do. */
  readonly line: string;
}

/** Looks at everything the start needs and changes nothing. */
export async function checkHost(config: LocalConfig = readLocalConfig()): Promise<HostFinding[]> {
  const home = new Home(config.home);
  const running = findRunningSystem(home);
  return [
    await find('node', async () => nodeLine()),
    await find('java', async () => (config.kafka === undefined ? `Java ${(await findJava()).major}` : `not needed, Kafka is ${config.kafka.brokers.join(',')}`)),
    await find('maven', mavenLine),
    await find('build', async () => buildLine()),
    await find('home', async () => {
      checkHome(home, config.minFreeMb);
      return `${config.home} can be used, more than ${config.minFreeMb} MB are free`;
    }),
    await find('ports', async () => {
      if (running !== undefined) return `Heed runs at ${running.origin}`;
      await assertPortsFree(await planPorts(config.portBase), externalPorts(config));
      return config.portBase === 0 ? 'free ones are picked' : `${config.portBase} to ${config.portBase + 23} are free`;
    }),
  ];
}

async function find(what: string, look: () => Promise<string>): Promise<HostFinding> {
  try {
    return { what, ok: true, line: await look() };
  } catch (error) {
    if (error instanceof StartError) return { what, ok: false, line: error.message };
    throw error;
  }
}

function nodeLine(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 22)) return `Node ${process.versions.node}`;
  throw new StartError('platform_unsupported', `Node ${process.versions.node} is too old: run "npm ci", which brings Node 24, or install 22.22 or later.`);
}

async function mavenLine(): Promise<string> {
  const run = await runCommand('mvn', ['-v']);
  if (run.code === 0) return (run.output.split('\n')[0] ?? '').replaceAll(/\u001b\[\d*m/g, '');
  throw new StartError('maven_missing', 'There is no "mvn", which fetches Kafka once: install it (Debian: "apt-get install maven").');
}

function buildLine(): string {
  const missing = [...SERVICES, 'store-agent'].filter((name) => !existsSync(join(checkout, 'services', name, 'dist', 'main.js')));
  if (missing.length === 0) return 'all programs are built';
  throw new StartError('build_missing', `${missing.join(', ')} are not built: run "npm run build".`);
}
