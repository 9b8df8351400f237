import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { UnitOfWork } from '@heed/persistence';
import type { PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get, Query } from '@nestjs/common';
import { scheduleAnswer } from './schedule.answer.js';

/** `/v1/schedules`: how long each category of data is kept, as the policy promises it. */
@Controller('v1/schedules')
export class ScheduleController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
  ) {}

  @Get()
  @Operation({
    id: 'listSchedules',
    summary: 'Lists how long each category of data is kept, as the policy in force promises it',
    query: pageQuery,
    answers: { 200: pageAnswer(scheduleAnswer) },
  })
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const after = readCursor(cursor) ?? '';
    const { pack, version } = await this.unitOfWork.run(call.tenant, (tx) => this.policies.current(tx));
    const rules = schedulesOf(pack).filter((rule) => rule.category > after);
    const page = pageOf(rules, limit, (rule) => rule.category);
    return { items: page.items.map((rule) => ({ ...rule, policyVersion: version })), nextCursor: page.nextCursor };
  }
}

interface Schedule {
  readonly category: string;
  readonly title: string;
  readonly keep: string;
  readonly from: string;
  readonly whileActive: string;
  readonly then: string;
  readonly sources: readonly string[];
  readonly longerFor: readonly string[];
}

/** In the order of the categories' ids, so that pages do not shift. */
export function schedulesOf(pack: PolicyPack): readonly Schedule[] {
  const titles = new Map(pack.dataCategories.map((category) => [category.id, category.title]));
  return pack.retention
    .map((rule) => ({
      category: rule.category,
      title: titles.get(rule.category) ?? rule.category,
      keep: rule.keep.value,
      from: rule.from,
      whileActive: rule.whileActive,
      then: rule.then,
      ...(rule.aggregateBy ? { aggregateBy: rule.aggregateBy } : {}),
      sources: [rule.keep.source].flat(),
      longerFor: rule.longerFor?.value ?? [],
      ...(rule.statutoryHold ? { statutoryHold: { keep: rule.statutoryHold.keep, law: rule.statutoryHold.law } } : {}),
    }))
    .sort((a, b) => (a.category < b.category ? -1 : 1));
}
