import { requestMessageWanted } from '@heed/contracts-dsar';
import { newEvent, uuidv7 } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { SOURCE } from '../../source.js';

type Template = 'request_received' | 'request_closed' | 'request_refused' | 'request_extended';

/** Asks notifications to write to the person; who that is and where they read is looked up when it is sent. */
export function mailWanted(
  tx: Tx,
  mail: { readonly requestId: string; readonly ref: string; readonly template: Template; readonly params: Readonly<Record<string, string>> },
): NewEvent<unknown> {
  return newEvent(requestMessageWanted, {
    source: SOURCE,
    tenant: tx.tenant,
    key: mail.ref,
    data: { messageId: uuidv7(tx.clock.now()), ...mail },
    clock: tx.clock,
    cause: tx.cause,
  });
}
