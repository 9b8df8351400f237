import type { Command } from 'commander';
import { UsageError } from '../output/cli-error.js';

export interface SubjectOptions {
  readonly email?: string;
  readonly phone?: string;
  readonly userId?: string;
  readonly ref?: string;
}

/** How a command names a person: in the body of a call, never in its URL. */
export function addSubjectOptions(command: Command): Command {
  return command
    .option('--email <address>', "the person's email address")
    .option('--phone <number>', "the person's phone number, E.164")
    .option('--user-id <id>', "the person's user id")
    .option('--ref <ref>', "the person's pseudonym, sub_…");
}

export function subjectOf(options: SubjectOptions): Record<string, unknown> {
  if (options.ref !== undefined) return { ref: options.ref };
  const identifiers = [
    ...(options.email === undefined ? [] : [{ type: 'email', value: options.email }]),
    ...(options.phone === undefined ? [] : [{ type: 'phone', value: options.phone }]),
    ...(options.userId === undefined ? [] : [{ type: 'user_id', value: options.userId }]),
  ];
  if (identifiers.length === 0) throw new UsageError('Say who is meant: --email, --phone, --user-id or --ref; see --help.');
  return { identifiers };
}
