import { askRotation, keyStatus, retireOldKeks, ROTATION_LEVELS } from '@heed/key-store';
import type { KeySite, KeyState, RotationLevel, RotationState } from '@heed/key-store';
import { TENANT_SERVICES } from '@heed/provisioning';
import { Command, Option } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, printRemark, table } from '../output/print.js';
import { provisioningTarget } from '../system/installation.js';
import { example, jsonOption } from './tenant-option.js';

interface Which {
  readonly tenant?: string;
  readonly service?: string;
  readonly json?: boolean;
}
interface RotateOptions extends Which {
  readonly level: RotationLevel;
  readonly wait?: boolean;
}

const LOOK_EVERY_MS = 1000;
const one = (): Option => new Option('-t, --tenant <id>', 'of this tenant; default: of all');
const service = (): Option => new Option('--service <name>', 'in this service; default: in all').choices(TENANT_SERVICES);

/** The keys of people and what wraps them: what there is, and new ones. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('keys: what there is, new ones at every level, the end of old ones')
    .addHelpText('after', example('heed keys status', 'heed keys rotate --level ik --tenant ajuni --wait'))
    .addCommand(statusCommand())
    .addCommand(rotateCommand())
    .addCommand(retireCommand());
}

function statusCommand(): Command {
  return new Command('status')
    .description("every tenant's keys in every service, and how far new ones have come")
    .addOption(one())
    .addOption(service())
    .addOption(jsonOption())
    .addHelpText('after', example('heed keys status', 'heed keys status --tenant ajuni --json'))
    .action((options: Which) =>
      withKeys(async (keys) => {
        const states = chosen(await keyStatus(keys), options);
        if (options.json === true) return printJson(states);
        const rows = states.map((state) => [state.tenant, state.service, kekOf(state), epochsOf(state), indexesOf(state), String(state.destroyed), state.rotations.map(inWords).join('; ')]);
        printLine(table(['tenant', 'service', 'kek', 'intermediate', 'index', 'destroyed', 'last rotations'], rows));
      }),
    );
}

function rotateCommand(): Command {
  return new Command('rotate')
    .description('ask the services for new keys; nothing pauses, and a killed one goes on where it was')
    .addOption(new Option('--level <level>', 'kek: what wraps the rest; ik: of each service; data: of each person; index: of blind indexes').choices(ROTATION_LEVELS).default('ik'))
    .addOption(one())
    .addOption(service())
    .option('--wait', 'until it is over, with progress')
    .addOption(jsonOption())
    .addHelpText('after', example('heed keys rotate --level kek', 'heed keys rotate --level data --tenant ajuni --service consent --wait'))
    .action((options: RotateOptions) =>
      withKeys(async (keys) => {
        chosen(await keyStatus(keys), options);
        const asked = await askRotation(keys, options);
        if (options.wait === true) await untilOver(keys, options);
        if (options.json === true) return printJson({ level: options.level, asked });
        printLine(`${asked} asked for${options.wait === true ? ', all of them over' : ': "heed keys status" says how far they are'}`);
      }),
    );
}

function retireCommand(): Command {
  return new Command('retire')
    .description("destroy the older versions of a tenant's key-encryption key: no older copy of the keys database can be opened after")
    .requiredOption('-t, --tenant <id>', 'the tenant')
    .addOption(jsonOption())
    .addHelpText('after', example('heed keys rotate --level kek --tenant ajuni --wait', 'heed keys retire --tenant ajuni'))
    .action(({ tenant, json }: Which & { readonly tenant: string }) =>
      withKeys(async (keys) => {
        const kept = await retireOldKeks(keys, tenant);
        if (json === true) return printJson({ tenant, kept: kept ?? null });
        printLine(kept === undefined ? `There is no older version of the key-encryption key of ${tenant}.` : `Version ${kept} of the key-encryption key of ${tenant} is the only one left.`);
      }),
    );
}

async function withKeys(work: (keys: KeySite) => Promise<void>): Promise<void> {
  const keys = provisioningTarget().installation.keys();
  try {
    await work(keys);
  } finally {
    await keys.kek.close();
  }
}

async function untilOver(keys: KeySite, options: RotateOptions): Promise<void> {
  for (let told = ''; ; await sleep(LOOK_EVERY_MS)) {
    const states = chosen(await keyStatus(keys), options);
    const open = states.filter((state) => isOpen(state, options.level));
    if (open.length === 0) return;
    const done = open.map(({ tenant, service: name, rotations }) => `${tenant} in ${name}${rotations.filter(({ level }) => level === options.level).map((one) => ` ${progress(one)}`).join('')}`);
    const line = `${states.length - open.length} of ${states.length} over; ${done.slice(0, 3).join(', ')}${done.length > 3 ? ', …' : ''}`;
    if (line !== told) printRemark(line);
    told = line;
  }
}

function isOpen({ kek, epochs, rotations }: KeyState, level: RotationLevel): boolean {
  if (level === 'kek') return kek.asked || epochs.some(({ kekVersion }) => kekVersion < kek.version);
  return rotations.some((rotation) => rotation.level === level && rotation.finishedAt === null);
}

/** @throws CliError where a tenant or service was named and there are no keys of it: a slip of the pen would look like success */
function chosen(states: readonly KeyState[], { tenant, service: name }: Which): readonly KeyState[] {
  const those = states.filter((state) => (tenant === undefined || state.tenant === tenant) && (name === undefined || state.service === name));
  if (those.length > 0 || (tenant === undefined && name === undefined)) return those;
  throw new CliError(`there are no keys of ${tenant ?? 'any tenant'} in ${name ?? 'any service'} yet: see "heed keys status" and "heed tenant list"`);
}

const kekOf = ({ kek }: KeyState): string => `${kek.version} since ${day(kek.rotatedAt)}${kek.asked ? ', a new one asked for' : ''}`;
const epochsOf = ({ epochs }: KeyState): string => epochs.map(({ epoch, createdAt }) => `${epoch} since ${day(createdAt)}`).join(', ');
const indexesOf = ({ indexes }: KeyState): string => indexes.map(({ epoch, state }) => (state === 'current' ? String(epoch) : `${epoch} ${state}`)).join(', ');
const inWords = (rotation: RotationState): string => `${rotation.level} ${rotation.finishedAt === null ? progress(rotation) : `over ${day(rotation.finishedAt)}`}`;
const progress = ({ done, total }: RotationState): string => (total === null ? `${done} done` : `${done} of ${total}`);
const day = (at: Date): string => at.toISOString().slice(0, 10);
