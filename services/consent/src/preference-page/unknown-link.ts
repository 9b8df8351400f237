import { tenantOfPageToken } from '@heed/http';
import { isHeedError } from '@heed/kernel';
import { isNotServed, UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LINK_PAGE_HEADERS } from './page/frame.js';
import { unknownLinkPage } from './page/small-pages.js';
import type { OtherWay } from './page/small-pages.js';
import { chooseWords, SPOKEN } from './words/choose-words.js';

/**
 * The 404 of every token that opens nothing, whatever the reason: expired, guessed, of somebody who was erased, or gone with a
 * database that was put back from a copy. Whoever wants to take consent back still has to be able to, so the page names the
 * other way that the policy promises; the tenant it takes from the token, which says it in clear.
 */
export class UnknownLink {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
  ) {}

  async answer(token: string, request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const way = await this.otherWay(token);
    void reply.headers(LINK_PAGE_HEADERS).code(404);
    return unknownLinkPage(chooseWords(SPOKEN, undefined, request.headers['accept-language']), way);
  }

  private async otherWay(token: string): Promise<OtherWay | undefined> {
    const tenant = tenantOfPageToken(token);
    if (!tenant) return undefined;
    try {
      const { pack } = await this.unitOfWork.run(tenant, (tx) => this.policies.current(tx));
      const { name, controller, contacts } = pack.tenant;
      const byMail = pack.consent.withdrawal.channels.some(({ channel }) => channel === 'email');
      return { tenant: name, controller: controller.value, address: contacts.privacy.value, byMail };
    } catch (error) {
      if (isNotServed(error) || (isHeedError(error) && error.code === 'policy_not_ready')) return undefined;
      throw error;
    }
  }
}
