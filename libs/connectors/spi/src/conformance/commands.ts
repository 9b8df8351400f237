import { newSubjectRef, uuidv7 } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import type { ReceivedCommand } from '../command.js';

const sealed = { protected: '', aad: '', iv: '', ciphertext: '', tag: '', recipients: [{ encrypted_key: '', header: {} }] };

interface CommandOptions {
  readonly ref?: string;
  readonly aliases?: string[];
  readonly version?: number;
  readonly dispatchId?: string;
  readonly issuedAt?: string;
}

/** Commands as an intake hands them on; connectors never look into the sealed part. */
export class CommandMaker {
  constructor(private readonly store: string) {}

  consent(kind: 'withdrawal' | 'grant', purpose: string, options: CommandOptions = {}): ReceivedCommand {
    return { kind, data: { ...this.base('con', options), purposes: [purpose] }, ...envelope() };
  }

  hold(holdId: string, options: CommandOptions = {}): ReceivedCommand {
    return { kind: 'hold', data: { ...this.base('ret', options), holdId, categories: 'all' }, ...envelope() };
  }

  release(holdId: string, options: CommandOptions = {}): ReceivedCommand {
    return { kind: 'hold_release', data: { ...this.base('ret', options), holdId }, ...envelope() };
  }

  erasure(options: CommandOptions = {}): ReceivedCommand {
    const clearance = { id: uuidv7(), expiresAt: '2100-01-01T00:00:00Z' };
    return { kind: 'erasure', data: { ...this.base('dsr', options), asOf: new Date(Date.now() + 60_000).toISOString(), clearance }, ...envelope() };
  }

  private base(prefix: 'con' | 'dsr' | 'ret', options: CommandOptions) {
    const owner = { con: 'consent', dsr: 'dsar', ret: 'retention' } as const;
    return {
      dispatchId: options.dispatchId ?? `${prefix}_${uuidv7()}`,
      owner: owner[prefix],
      ref: options.ref ?? newSubjectRef(),
      aliases: options.aliases ?? [],
      version: options.version ?? 1,
      targets: [this.store],
      mapVersion: 1,
      issuedAt: options.issuedAt ?? new Date().toISOString(),
      sealed,
    };
  }
}

const envelope = () => ({ commandId: uuidv7(), cause: { correlationId: uuidv7() } });

export const email = (value: string): Identifier => ({ type: 'email', value });
