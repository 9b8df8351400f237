import type { StoreConnector } from '@heed/connector-spi';
import type { DeadLetter, IncomingRecord } from '@heed/kafka';
import { failpoint } from '@heed/kernel';
import { isDeadLetter, readCommand } from './read-command.js';

export interface IntakeOptions {
  readonly tenant: string;
  readonly store: string;
  readonly connector: StoreConnector;
  /** One intake of an agent takes poison aside; the others step over it. */
  readonly buries: boolean;
  readonly onStored: () => void;
}

/** Stores the commands that name this store. Nothing is done here: the inbox is the queue of the workers. */
export function intake(options: IntakeOptions): (records: readonly IncomingRecord[]) => Promise<readonly DeadLetter[]> {
  return async (records) => {
    const read = records.map((record) => readCommand(record, options.tenant));
    const commands = read.flatMap((one) => (!isDeadLetter(one) && one.data.targets.includes(options.store) ? [one] : []));
    if (commands.length > 0) {
      await options.connector.receive(commands);
      failpoint('agent.after-store');
      options.onStored();
    }
    return options.buries ? read.filter(isDeadLetter) : [];
  };
}
