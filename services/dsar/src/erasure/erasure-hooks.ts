import { clearanceRequested } from '@heed/contracts-dsar';
import type { FanoutHooks, SettledDispatch } from '@heed/fanout';
import { newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { CloseRequests } from '../certificate/close-requests.use-case.js';
import { SOURCE } from '../source.js';

/** What dsar does around its erasures: asks retention before every publication, and closes cases after the last answer. */
export class ErasureHooks implements FanoutHooks {
  constructor(
    private readonly outbox: Outbox,
    private readonly closing: CloseRequests,
  ) {}

  askClearance(tx: Tx, dispatches: readonly { id: string; ref: string; aliases: readonly string[]; attempt: number }[]): void {
    this.outbox.append(
      dispatches.map(({ id, ref, aliases, attempt }) =>
        newEvent(clearanceRequested, {
          source: SOURCE,
          tenant: tx.tenant,
          key: ref,
          data: { dispatchId: id, ref, aliases: [...aliases], attempt },
          clock: tx.clock,
          cause: tx.cause,
        }),
      ),
      tx,
    );
  }

  async settled(tx: Tx, dispatches: readonly SettledDispatch[]): Promise<void> {
    await this.closing.settled(tx, dispatches);
  }
}
