import type { Cause, Identifier } from '@heed/kernel';
import type { CommandKind, ConsentCommand, ErasureCommand, HoldCommand, HoldReleaseCommand } from '@heed/contracts-fanout';

/** The body of a command, validated, by its kind. */
export type Command =
  | { readonly kind: 'withdrawal'; readonly data: ConsentCommand }
  | { readonly kind: 'grant'; readonly data: ConsentCommand }
  | { readonly kind: 'hold'; readonly data: HoldCommand }
  | { readonly kind: 'hold_release'; readonly data: HoldReleaseCommand }
  | { readonly kind: 'erasure'; readonly data: ErasureCommand };

/** A command as it came from the topic. */
export type ReceivedCommand = Command & {
  /** The event id of this delivery; a redelivery has another one and the same dispatch. */
  readonly commandId: string;
  readonly cause: Cause;
};

/** Urgent work (withdrawal, grant, hold, release) and slow work (erasure) never share a connection. */
export type Lane = 'urgent' | 'slow';

export const laneOf = (kind: CommandKind): Lane => (kind === 'erasure' ? 'slow' : 'urgent');

/** Every ref under which the person of a command is known. */
export const refsOf = (command: Command): readonly string[] => [...new Set([command.data.ref, ...command.data.aliases])];

/** A person as a store can find them. In memory only: never written to a journal, never logged. */
export interface Person {
  readonly dispatchId: string;
  readonly identifiers: readonly Identifier[];
}
