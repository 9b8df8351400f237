import { COMMAND_BY_KIND } from '@heed/contracts-fanout';
import type { CommandKind } from '@heed/contracts-fanout';
import type { ReceivedCommand } from '@heed/connector-spi';
import { sealTo } from '@heed/crypto';
import type { Recipient } from '@heed/crypto';
import type { OutgoingMessage } from '@heed/kafka';
import { cloudEventHeaders, newEvent, newSubjectRef, systemClock, uuidv7 } from '@heed/kernel';
import type { EventDefinition } from '@heed/kernel';

export interface CommandRequest {
  readonly kind: CommandKind;
  readonly email?: string;
  readonly phone?: string;
  readonly ref?: string;
  readonly aliases?: readonly string[];
  readonly version?: number;
  readonly dispatchId?: string;
  readonly purposes?: readonly string[];
  readonly holdId?: string;
  readonly asOf?: Date;
  readonly clearedUntil?: Date;
  /** The tenant for which the envelope is sealed, where it is not the right one. */
  readonly sealedFor?: string;
}

const OWNER = { withdrawal: 'consent', grant: 'consent', hold: 'retention', hold_release: 'retention', erasure: 'dsar' } as const;
const PREFIX = { consent: 'con', dsar: 'dsr', retention: 'ret' } as const;

/** Commands as the services send them, sealed for real. */
export class Commands {
  constructor(private readonly tenant: string, private readonly recipients: readonly Recipient[]) {}

  async make(request: CommandRequest): Promise<ReceivedCommand> {
    const { kind } = request;
    const owner = OWNER[kind];
    const dispatchId = request.dispatchId ?? `${PREFIX[owner]}_${uuidv7()}`;
    const identifiers = [
      ...(request.email ? [{ type: 'email', value: request.email }] : []),
      ...(request.phone ? [{ type: 'phone', value: request.phone }] : []),
    ];
    const now = new Date();
    const data = COMMAND_BY_KIND[kind].data.parse({
      dispatchId,
      owner,
      ref: request.ref ?? newSubjectRef(),
      aliases: request.aliases ?? [],
      version: request.version ?? 1,
      targets: this.recipients.map((recipient) => recipient.store),
      mapVersion: 1,
      issuedAt: now.toISOString(),
      sealed: sealTo(this.recipients, identifiers, `${request.sealedFor ?? this.tenant}|${dispatchId}`),
      ...(kind === 'withdrawal' || kind === 'grant' ? { purposes: request.purposes ?? ['marketing_email'] } : {}),
      ...(kind === 'hold' || kind === 'hold_release' ? { holdId: request.holdId ?? uuidv7() } : {}),
      ...(kind === 'hold' ? { categories: 'all' } : {}),
      ...(kind === 'erasure'
        ? {
            asOf: (request.asOf ?? new Date(now.getTime() + 60_000)).toISOString(),
            clearance: { id: uuidv7(), expiresAt: (request.clearedUntil ?? new Date(now.getTime() + 3_600_000)).toISOString() },
          }
        : {}),
    });
    return { kind, data, commandId: uuidv7(), cause: { correlationId: uuidv7() } } as ReceivedCommand;
  }

  /** The record that carries a command. */
  record(command: ReceivedCommand, topicPrefix: string): OutgoingMessage {
    const definition: EventDefinition = COMMAND_BY_KIND[command.kind];
    const { event, topics } = newEvent(definition, {
      source: `/heed/${command.data.owner}`,
      tenant: this.tenant,
      key: command.data.ref,
      id: command.commandId,
      clock: systemClock,
      cause: command.cause,
      data: command.data,
    });
    return { topic: `${topicPrefix}${topics[0]}`, key: event.key, value: JSON.stringify(event.data), headers: cloudEventHeaders(event) };
  }
}
