import { DeadLetterKeys } from '@heed/key-store';
import { createKafka, publishedContent, readDeadLetters, replayDeadLetters, tenantOf } from '@heed/kafka';
import type { DeadLetterRecord, Kafka } from '@heed/kafka';
import { systemKafka } from '@heed/local';
import { Command } from 'commander';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import { runningSystem } from '../system/running-system.js';
import { withServiceVault } from '../system/service-vault.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly json?: boolean;
}
interface ListOptions extends Options {
  readonly all?: boolean;
}
interface ShowOptions extends Options {
  readonly open?: boolean;
}
interface ReplayOptions extends Options {
  readonly again?: boolean;
}

/** What could not be processed, and why; and back with it once the reason is gone. */
export function dlqCommand(): Command {
  const dlq = new Command('dlq')
    .description('dead letters: records that no consumer could process')
    .addHelpText('after', example('heed dlq list', 'heed dlq replay all'));
  dlq
    .command('list')
    .description('every dead letter that waits for somebody, with its reason')
    .option('--all', 'those too that were replayed')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq list', 'heed dlq list --all'))
    .action(async (options: ListOptions) => list(await readDeadLetters(kafka()), options));
  dlq
    .command('show <id>')
    .description('one dead letter: why it is one, where it came from, and what its publisher wrote if that is not sealed')
    .option('--open', 'opens what is sealed: it may name people')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq show heed.t.ajuni.ingress.v1.dlq/0/12', 'heed dlq show heed.t.ajuni.ingress.v1.dlq/0/12 --open'))
    .action(async (id: string, options: ShowOptions) => printJson(await details(await find(id), options)));
  dlq
    .command('replay <id>')
    .description('puts a dead letter back where it came from; "all" replays every one that was not yet')
    .option('--again', 'also what was replayed before')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq replay heed.t.ajuni.ingress.v1.dlq/0/12', 'heed dlq replay all'))
    .action(async (id: string, options: ReplayOptions) => {
      const found = id === 'all' ? await readDeadLetters(kafka()) : [await find(id)];
      const letters = found.filter((letter) => options.again === true || letter.replayedAt === undefined);
      const before = found[0]?.replayedAt;
      if (id !== 'all' && letters.length === 0 && before) throw new CliError(`${id} was replayed at ${before.toISOString()}: --again puts it back once more.`);
      await replayDeadLetters(kafka(), letters, unseal);
      if (options.json === true) printJson({ replayed: letters.map(idOf) });
      else printLine(`${letters.length} replayed; a record that still cannot be processed comes back as a new dead letter`);
    });
  return dlq;
}

function list(letters: readonly DeadLetterRecord[], options: ListOptions): void {
  const shown = letters.filter((letter) => options.all === true || letter.replayedAt === undefined);
  if (options.json === true) return printJson(shown.map(brief));
  if (shown.length > 0) {
    const rows = shown.map((letter) => [idOf(letter), letter.at.toISOString(), letter.code, letter.replayedAt?.toISOString() ?? '', letter.reason.slice(0, 80)]);
    printLine(table(['id', 'at', 'code', 'replayed', 'reason'], rows));
  } else printLine('no dead letters');
  const hidden = letters.length - shown.length;
  if (hidden > 0) printLine(`${hidden} replayed before: see --all`);
}

const kafka = (): Kafka => createKafka({ ...systemKafka(readCliConfig().home, runningSystem()).admin, clientId: 'heed-cli', retries: 5 });
const idOf = (letter: DeadLetterRecord): string => `${letter.topic}/${letter.partition}/${letter.offset}`;

async function find(id: string): Promise<DeadLetterRecord> {
  const topic = id.split('/')[0] ?? '';
  const found = (await readDeadLetters(kafka(), (name) => name === topic)).find((letter) => idOf(letter) === id);
  if (!found) throw new CliError(`there is no dead letter ${id}: see "heed dlq list"`);
  return found;
}

function brief(letter: DeadLetterRecord): object {
  const { at, code, reason, group, origin, sealed, replayedAt } = letter;
  return { id: idOf(letter), at, code, reason, group, origin, sealed, replayedAt: replayedAt ?? null };
}

async function details(letter: DeadLetterRecord, { open = false }: ShowOptions): Promise<object> {
  if (letter.sealed && !open) return { ...brief(letter), bytes: letter.value?.length ?? 0 };
  const { key, value, headers } = await publishedContent(letter, unseal);
  const texts = Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]));
  return { ...brief(letter), bytes: value?.length ?? 0, key: key?.toString() ?? null, headers: texts, ...(open ? { value: value?.toString() ?? null } : {}) };
}

/** What came by ingress is sealed with a key of the service whose group gave up: who may read this home's keys may replay them. */
async function unseal(letter: DeadLetterRecord): Promise<Buffer> {
  const tenant = tenantOf(letter.origin.topic);
  const service = letter.group.split('.')[1];
  if (!tenant || !service || !letter.value) throw new CliError(`${idOf(letter)} says sealed, but not by whom`);
  const { value } = letter;
  const content = await withServiceVault(service, (vault) => new DeadLetterKeys(vault).open(value, tenant));
  if (!content) throw new CliError(`${idOf(letter)} is sealed under a key that is destroyed`);
  return content;
}
