import {
  classified,
  dataStoreId,
  defineEvent,
  dispatchId,
  dispatchOwner,
  instant,
  purposeId,
  subjectRef,
  uuid,
} from '@heed/kernel';
import { z } from 'zod';
import { sealedEnvelope } from './envelope.js';

const topics = ['heed.t.{tenant}.commands.v1'];

const count = classified('none', z.int().min(0));

/** What every command says. `version` is the person's version at its owner: a lower one than seen is superseded. */
const base = {
  dispatchId,
  owner: dispatchOwner,
  ref: subjectRef,
  /** Other refs found to be the same person. */
  aliases: z.array(subjectRef).max(64),
  version: count,
  /** The stores that must act; an agent that serves none of them ignores the command. */
  targets: z.array(dataStoreId).min(1),
  mapVersion: count,
  issuedAt: instant,
  sealed: sealedEnvelope,
};

export const withdrawalCommand = defineEvent({
  type: 'heed.command.withdrawal.v1',
  topics,
  summary: 'The purposes are off for this person from this version on.',
  data: z.strictObject({ ...base, purposes: z.array(purposeId).min(1) }),
});

export const grantCommand = defineEvent({
  type: 'heed.command.grant.v1',
  topics,
  summary: 'The purposes are on for this person from this version on.',
  data: z.strictObject({ ...base, purposes: z.array(purposeId).min(1) }),
});

const categories = z.union([classified('none', z.literal('all')), z.array(classified('organisational', z.string())).min(1)]);

export const holdCommand = defineEvent({
  type: 'heed.command.hold.v1',
  topics,
  summary: 'Nothing of this person may be destroyed until the hold is released.',
  data: z.strictObject({ ...base, holdId: uuid, categories }),
});

export const holdReleaseCommand = defineEvent({
  type: 'heed.command.hold_release.v1',
  topics,
  summary: 'The hold is over.',
  data: z.strictObject({ ...base, holdId: uuid }),
});

export const erasureCommand = defineEvent({
  type: 'heed.command.erasure.v1',
  topics,
  summary: 'Everything about this person as of `asOf` is to be gone.',
  data: z.strictObject({
    ...base,
    /** Who came back by a new act after this instant is kept, and reported. */
    asOf: instant,
    /** Retention's leave to destroy; an agent refuses after `expiresAt`. */
    clearance: z.strictObject({ id: uuid, expiresAt: instant }),
  }),
});

export const commandEvents = [withdrawalCommand, grantCommand, holdCommand, holdReleaseCommand, erasureCommand] as const;

export type ConsentCommand = z.output<typeof withdrawalCommand.data>;
export type HoldCommand = z.output<typeof holdCommand.data>;
export type HoldReleaseCommand = z.output<typeof holdReleaseCommand.data>;
export type ErasureCommand = z.output<typeof erasureCommand.data>;

/** The kinds of dispatch that travel today. */
export const commandKind = z.enum(['withdrawal', 'grant', 'hold', 'hold_release', 'erasure']);
export type CommandKind = z.output<typeof commandKind>;

export const COMMAND_BY_KIND = {
  withdrawal: withdrawalCommand,
  grant: grantCommand,
  hold: holdCommand,
  hold_release: holdReleaseCommand,
  erasure: erasureCommand,
} as const satisfies Record<CommandKind, unknown>;

/** Urgent work never waits behind slow work (another person's). */
export const URGENT: ReadonlySet<CommandKind> = new Set(['withdrawal', 'grant', 'hold', 'hold_release']);
