import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get } from '@nestjs/common';
import { dataMapAnswer } from './data-map.answer.js';
import { readConfirmations, readHead } from './data-map.store.js';
import { missingFor } from './domain/confirmation.js';

interface Row {
  readonly version: number;
  readonly store_ids: string[];
  readonly proposed_at: Date;
  readonly activated_at: Date | null;
}

/** `/v1/data-map`: the version in use, and those that wait for an owner. */
@Controller('v1/data-map')
export class DataMapController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get()
  @Operation({
    id: 'getDataMap',
    summary: 'Shows which version of the data map is in use, and which ones wait for whom',
    answers: { 200: dataMapAnswer },
  })
  async get(@FromCall() call: Call): Promise<unknown> {
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const head = await readHead(tx);
      const confirmations = await readConfirmations(tx);
      const rows = await tx.query<Row>(
        'SELECT version, store_ids, proposed_at, activated_at FROM map_version WHERE version >= $1 ORDER BY version',
        [head.activeVersion],
      );
      const [active] = rows.filter((row) => row.version === head.activeVersion);
      return {
        active: active ? { mapVersion: active.version, stores: active.store_ids, activatedAt: active.activated_at } : null,
        proposed: rows
          .filter((row) => row.version > head.activeVersion)
          .map((row) => ({ mapVersion: row.version, stores: row.store_ids, proposedAt: row.proposed_at, waitsFor: missingFor(row.version, confirmations) })),
      };
    });
  }
}
