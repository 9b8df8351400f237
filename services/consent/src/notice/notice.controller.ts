import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { instant, notFound, purposeId } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { isMaterialNoticeChange } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { noticeHistory, textsOf } from './notice-history.js';
import { noticeId, noticeVersion } from './notice-name.js';

const params = z.object({ id: noticeId });
const query = z.object({
  version: noticeVersion.optional().describe('The newest where left out.'),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/).optional().describe('All languages where left out.'),
  policyVersion: z.coerce.number().int().min(1).max(2_147_483_647).optional().describe('As it stood in that version of the policy, which every record names.'),
});
const answer = z
  .strictObject({
    id: z.string(),
    version: z.string(),
    purposes: z.array(purposeId),
    inForce: z.boolean().describe('Part of the policy that is in force now.'),
    policyVersion: z.int().describe('The newest version of the policy with these words.'),
    effectiveFrom: instant.describe('Since when a policy has had this version of the notice.'),
    texts: z.array(z.strictObject({ language: z.string(), text: z.string(), hash: z.string().describe('As records keep it: SHA-256 of id, version, language and words.') })),
    versions: z.array(
      z.strictObject({ version: z.string(), since: instant, asksAgain: z.boolean().describe('Consent to the version before has to be asked for again.') }),
    ),
  })
  .meta({ id: 'ConsentNotice' });

/** `/v1/purposes/notices/{id}`: what people read when they decided, older words too (AJU-14). */
@Controller('v1/purposes/notices')
export class NoticeController {
  constructor(
    private readonly policies: PolicyStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Get(':id')
  @Operation({
    id: 'getConsentNotice',
    summary: 'Shows the exact words of a notice that asks for consent, in any of its versions',
    description: 'A record of a decision names notice, version, language, policy version and the hash of the words: here they are.',
    params,
    query,
    answers: { 200: answer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param() rawParams: unknown, @Query() rawQuery: unknown): Promise<unknown> {
    const { id } = parseBody(params, rawParams);
    const { version, language, policyVersion } = parseBody(query, rawQuery);
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const [history, current] = [await noticeHistory(tx, id), await this.policies.current(tx)];
      const wanted = history.findLast((one) => (version === undefined || one.notice.version === version) && (policyVersion === undefined || one.policyVersion === policyVersion));
      if (!wanted) throw notFound('notice');
      const texts = textsOf(wanted.notice).filter((text) => language === undefined || text.language === language);
      if (texts.length === 0) throw notFound('text of this notice in that language');
      const versions = history.filter((one, i) => history.findIndex((other) => other.notice.version === one.notice.version) === i);
      const since = (name: string): Date | undefined => versions.find((one) => one.notice.version === name)?.effectiveFrom;
      return {
        id, version: wanted.notice.version, purposes: wanted.notice.purposes, policyVersion: wanted.policyVersion, effectiveFrom: since(wanted.notice.version), texts,
        inForce: history.some((one) => one.policyVersion === current.version && one.notice.version === wanted.notice.version),
        versions: versions.map((one, i) => ({
          version: one.notice.version, since: one.effectiveFrom, asksAgain: i > 0 && isMaterialNoticeChange(versions[i - 1]!.notice, one.notice),
        })),
      };
    });
  }
}
