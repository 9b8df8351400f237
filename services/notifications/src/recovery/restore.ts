import { notificationsEvents } from '@heed/contracts-notifications';
import { policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { restoreShreds } from '@heed/key-store';
import type { HeedEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import type { Lost, Restore } from '@heed/recovery';
import type { ServiceRecovery } from '@heed/runtime';
import { PolicyStore } from '@heed/tenant-policy';
import { NoticeConsumer } from '../notice/notice.consumer.js';
import { Notices } from '../notice/notices.js';
import type { notificationsEnvironment } from '../notifications.config.js';
import { eraseRecipients, lostRecipients, restoreDeliveries, restoreMessages } from './restore-messages.js';

/** Notices as they are announced, without telling anybody: they were told. */
class ToldNotices extends Notices {
  override published(): void {
    return;
  }

  override async enqueueMissing(): Promise<void> {
    return Promise.resolve();
  }
}

/** What notifications puts back of its own: which mails people have, so that nobody gets one twice. */
export const notificationsRecovery: ServiceRecovery<typeof notificationsEnvironment> = {
  ownTopics: [notificationsEvents[0].topics[0] ?? '', policyAnnounced.topics[0] ?? ''],
  hears: ['subprocessor-registry'],
  restore: ({ outbox }): Restore => async (tx, lost, { applied, missing }) => {
    applied.add('keys_destroyed', await restoreShreds(tx, lost.records));
    applied.add('messages', await restoreMessages(tx, lost));
    await restoreNotices(tx, outbox, lost);
    const deliveries = await restoreDeliveries(tx, lost);
    applied.add('notices_delivered', deliveries.restored);
    applied.add('recipients_erased', await eraseRecipients(tx, lost));
    missing.add('notices_to_recipients_who_are_not_known', deliveries.unknown);
    missing.add('recipients', await lostRecipients(tx, lost));
  },
};

/** Announced since the copy, and told: notices of which the ledger has a delivery or a publication. */
async function restoreNotices(tx: Tx, outbox: Outbox, { records, published }: Lost): Promise<void> {
  const told = new Set(records.flatMap(({ kind, data }) => (kind.startsWith('notice.') ? [data['noticeId']] : [])));
  const consumer = new NoticeConsumer(new PolicyStore(), new ToldNotices(outbox));
  for (const event of published) {
    const data = event.type === policyAnnounced.type ? policyAnnounced.data.safeParse(event.data).data : undefined;
    if (!data || !told.has(data.noticeId)) continue;
    await consumer.onAnnounced({ tenant: tx.tenant, tx, events: [{ ...event, data } as HeedEvent<typeof data>] });
  }
}
