import { FieldVault } from '@heed/crypto';
import { createKafka, readDeadLetters, replayDeadLetters, tenantOf } from '@heed/kafka';
import type { DeadLetterRecord, Kafka } from '@heed/kafka';
import { Command } from 'commander';
import { readCliConfig } from '../cli.config.js';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import { runningSystem } from '../system/running-system.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly json?: boolean;
}

/** What could not be processed, and why; and back with it once the reason is gone. */
export function dlqCommand(): Command {
  const dlq = new Command('dlq')
    .description('dead letters: records that no consumer could process')
    .addHelpText('after', example('heed dlq list', 'heed dlq replay all'));
  dlq
    .command('list')
    .description('every dead letter with its reason')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq list'))
    .action(async (options: Options) => {
      const letters = await readDeadLetters(kafka());
      if (options.json === true) return printJson(letters.map(brief));
      if (letters.length === 0) return printLine('no dead letters');
      printLine(table(['id', 'at', 'code', 'reason'], letters.map((letter) => [idOf(letter), letter.at.toISOString(), letter.code, letter.reason.slice(0, 80)])));
    });
  dlq
    .command('show <id>')
    .description('one dead letter: its headers, where it came from, and whether its payload is sealed')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq show heed.t.ajuni.ingress.v1.dlq/0/12'))
    .action(async (id: string) => printJson(details(await find(id))));
  dlq
    .command('replay <id>')
    .description('puts a dead letter back where it came from; "all" replays every one')
    .addOption(jsonOption())
    .addHelpText('after', example('heed dlq replay heed.t.ajuni.ingress.v1.dlq/0/12'))
    .action(async (id: string, options: Options) => {
      const letters = id === 'all' ? await readDeadLetters(kafka()) : [await find(id)];
      await replayDeadLetters(kafka(), letters, unseal);
      if (options.json === true) printJson({ replayed: letters.map(idOf) });
      else printLine(`${letters.length} replayed; a record that still cannot be processed comes back as a new dead letter`);
    });
  return dlq;
}

const kafka = (): Kafka => createKafka({ brokers: runningSystem().kafka.split(','), clientId: 'heed-cli' });
const idOf = (letter: DeadLetterRecord): string => `${letter.topic}/${letter.partition}/${letter.offset}`;

async function find(id: string): Promise<DeadLetterRecord> {
  const topic = id.split('/')[0] ?? '';
  const found = (await readDeadLetters(kafka(), (name) => name === topic)).find((letter) => idOf(letter) === id);
  if (!found) throw new CliError(`there is no dead letter ${id}: see "heed dlq list"`);
  return found;
}

function brief(letter: DeadLetterRecord): object {
  const { at, code, reason, group, origin, sealed } = letter;
  return { id: idOf(letter), at, code, reason, group, origin, sealed };
}

function details(letter: DeadLetterRecord): object {
  const headers = Object.fromEntries(Object.entries(letter.headers).map(([name, value]) => [name, value.toString()]));
  return { ...brief(letter), headers, bytes: letter.value?.length ?? 0 };
}

/** Payloads of ingress are sealed with a key of the service whose group gave up: who may read this home's keys may replay them. */
async function unseal(letter: DeadLetterRecord): Promise<Buffer | null> {
  const tenant = tenantOf(letter.origin.topic);
  const service = letter.group.split('.')[1];
  if (!tenant || !service || !letter.value) return letter.value;
  const vault = await FieldVault.open(readCliConfig().home.keys(service), service);
  return Buffer.from(vault.open(tenant, 'dead-letter', 'value', letter.value), 'base64');
}
