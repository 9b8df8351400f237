import { personErased } from '@heed/contracts-consent';
import { Consumes } from '@heed/kafka';
import type { EventBatch } from '@heed/kafka';
import { Controller } from '@nestjs/common';
import { remindOfWords } from './forget-words.js';

/** Consent has forgotten somebody: what was written about their holds is to follow. */
@Controller()
export class PersonErasedConsumer {
  @Consumes('consent', personErased)
  async onErased({ events, tx }: EventBatch<typeof personErased>): Promise<void> {
    const erased = events.filter(({ data }) => data.outcome === 'erased').flatMap(({ data }) => [data.ref, ...data.aliases].map((ref) => ({ ref, at: data.erasedAt })));
    if (erased.length === 0) return;
    await tx.query(
      `INSERT INTO erased_person (ref, erased_at) SELECT r, max(t) FROM unnest($1::text[], $2::timestamptz[]) AS u(r, t) GROUP BY r ORDER BY r
       ON CONFLICT (ref) DO UPDATE SET erased_at = excluded.erased_at`,
      [erased.map((one) => one.ref), erased.map((one) => one.at)],
    );
    await remindOfWords(tx);
  }
}
