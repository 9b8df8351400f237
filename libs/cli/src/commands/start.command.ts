import { LocalSystem, readLocalConfig } from '@heed/local';
import { Command } from 'commander';
import { printLine, seconds } from '../output/print.js';
import { example } from './tenant-option.js';

/** A terminal's Ctrl-C may reach us twice, directly and through npm; only a later one means "at once". */
const SAME_KEYPRESS_MS = 700;

export function startCommand(): Command {
  return new Command('start')
    .description('start everything on this computer: PostgreSQL, Kafka, services, store agents, mail sink, router')
    .addHelpText('after', example('heed start', 'HEED_PORT_BASE=5100 HEED_HOME=/tmp/heed heed start'))
    .action(start);
}

async function start(): Promise<void> {
  const config = readLocalConfig();
  const begin = performance.now();
  const system = new LocalSystem({
    ...config,
    onStep: ({ name, ms, port }) =>
      printLine(`  ✓ ${name.padEnd(30)} ${(port === undefined ? '' : `port ${port}`).padEnd(12)} ${seconds(ms)}`),
    onNotice: (line) => printLine(`  · ${line}`),
    onBegin: () => printLine(`Heed starts in ${config.home}`),
  });
  const ended = endOnSignal(system);
  try {
    await system.start();
  } catch (error) {
    // Parts that were ended while they started say so; the person who pressed Ctrl-C knows.
    if (!ended.signalled()) throw error;
  }
  if (ended.signalled()) return;
  printLine();
  for (const line of welcome(system, performance.now() - begin)) printLine(line);
}

function welcome(system: LocalSystem, ms: number): string[] {
  return [
    `Heed is ready after ${seconds(ms)}.`,
    '',
    `  origin   ${system.origin}`,
    `  mail     ${system.mail}`,
    '  a token  npx heed token --tenant ajuni --roles platform,dpo',
    '',
    'Three commands to try in another terminal:',
    '  npx heed demo',
    '  npx heed status',
    '  npx heed withdraw --tenant ajuni --email ada@example.com --purpose all --watch',
    '',
    'Ctrl-C ends everything; the data stays and the next start takes it up.',
  ];
}

/** First signal: in order. A later one: at once. */
function endOnSignal(system: LocalSystem): { signalled: () => boolean } {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      printLine('\nEnding: services, agents, router, Kafka, PostgreSQL. Ctrl-C again ends at once.');
      system.stop().then(
        () => {
          printLine('Ended. The data stays.');
          process.exit(0);
        },
        () => process.exit(1),
      );
    } else if (performance.now() - firstAt > SAME_KEYPRESS_MS) {
      void system.kill().finally(() => process.exit(1));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return { signalled: () => firstAt !== undefined };
}
