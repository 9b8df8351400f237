import { FromCall, Operation, pageQuery, parseBody } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  checkpointsAnswer, consistencyAnswer, consistencyQuery, inclusionAnswer, inclusionQuery, ledgerAnswer, ownerParams, recordsAnswer, recordsQuery, tileAnswer, tileParams,
} from './ledger.answers.js';
import type { checkpointAnswer, recordAnswer } from './ledger.answers.js';
import { LedgerReader } from './ledger-reader.js';

const refusals = { 404: ['not_found'] } as const;
const tag = { name: 'ledger', description: 'The tamper-evident log of what was done (RFC 6962), one a service and tenant, to be verified without trusting who keeps it.' };
const OUTSIDE = 'Sizes and places beyond the ledger are 400 `index_outside`.';

/** `/v1/ledger/{owner}`: what anybody needs to verify a ledger without believing who keeps it. */
@Controller('v1/ledger/:owner')
export class LedgerController {
  constructor(private readonly ledger: LedgerReader) {}

  @Get()
  @Operation({
    id: 'getLedger',
    tag,
    summary: 'How far a ledger is, and its newest signed checkpoint',
    description: 'One ledger a service and tenant (RFC 6962). `heed ledger export` reads all of it, `heed ledger verify` checks that offline.',
    params: ownerParams,
    answers: { 200: ledgerAnswer },
    refusals,
  })
  show(@FromCall() call: Call, @Param() params: unknown): Promise<z.input<typeof ledgerAnswer>> {
    return this.ledger.of(call.tenant, parseBody(ownerParams, params).owner).show();
  }

  @Get('checkpoints')
  @Operation({
    id: 'listLedgerCheckpoints',
    tag,
    summary: 'Lists the signed checkpoints that are kept, oldest first',
    description: 'All of the last days, and of older ones the last of each hour.',
    params: ownerParams,
    query: pageQuery,
    answers: { 200: checkpointsAnswer },
    refusals,
  })
  checkpoints(@FromCall() call: Call, @Param() params: unknown, @Query() query: unknown): Promise<Page<z.input<typeof checkpointAnswer>>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    return this.ledger.of(call.tenant, parseBody(ownerParams, params).owner).checkpoints(limit, cursor);
  }

  @Get('records')
  @Operation({
    id: 'listLedgerRecords',
    tag,
    summary: 'Lists the records that have their places, in their order',
    description: 'Metadata: persons stand in it by their ref alone. Pruned ones are not there any more.',
    params: ownerParams,
    query: recordsQuery,
    answers: { 200: recordsAnswer },
    refusals,
  })
  records(@FromCall() call: Call, @Param() params: unknown, @Query() query: unknown): Promise<Page<z.input<typeof recordAnswer>>> {
    const { limit, cursor } = parseBody(recordsQuery, query);
    return this.ledger.of(call.tenant, parseBody(ownerParams, params).owner).records(limit, cursor);
  }

  @Get('tiles/:level/:index')
  @Operation({
    id: 'getLedgerTile',
    tag,
    summary: 'Up to 256 hashes of the tree (C2SP tlog-tiles)',
    params: tileParams,
    answers: { 200: tileAnswer },
    refusals,
  })
  tile(@FromCall() call: Call, @Param() params: unknown): Promise<z.input<typeof tileAnswer>> {
    const { owner, level, index } = parseBody(tileParams, params);
    return this.ledger.of(call.tenant, owner).tile(level, index);
  }

  @Get('inclusion')
  @Operation({
    id: 'proveLedgerRecord',
    tag,
    summary: 'Proves that a record stands in the ledger',
    description: `Against any size that the ledger has had since. ${OUTSIDE}`,
    params: ownerParams,
    query: inclusionQuery,
    answers: { 200: inclusionAnswer },
    refusals: { 404: ['not_found'], 409: ['ledger_pending'] },
  })
  inclusion(@FromCall() call: Call, @Param() params: unknown, @Query() query: unknown): Promise<z.input<typeof inclusionAnswer>> {
    const { entry, size } = parseBody(inclusionQuery, query);
    return this.ledger.of(call.tenant, parseBody(ownerParams, params).owner).inclusion(entry, size);
  }

  @Get('consistency')
  @Operation({
    id: 'proveLedgerConsistency',
    tag,
    summary: 'Proves that a ledger of one size is the beginning of the same at another',
    description: OUTSIDE,
    params: ownerParams,
    query: consistencyQuery,
    answers: { 200: consistencyAnswer },
    refusals,
  })
  consistency(@FromCall() call: Call, @Param() params: unknown, @Query() query: unknown): Promise<z.input<typeof consistencyAnswer>> {
    const { from, to } = parseBody(consistencyQuery, query);
    return this.ledger.of(call.tenant, parseBody(ownerParams, params).owner).consistency(from, to);
  }
}
