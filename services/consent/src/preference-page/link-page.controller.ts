import { callOf, Operation, parseBody } from '@heed/http';
import { isHeedError, malformed } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { withLink } from '../link/opened-link.js';
import { isGpc } from '../signal/gpc-purposes.js';
import { ChoosePreferences, choiceForm } from './choose.use-case.js';
import { readForm } from './link-form.js';
import { LINK_PAGE_HEADERS } from './page/frame.js';
import { preferencesPage } from './page/preferences-page.js';
import { refusedPage } from './page/small-pages.js';
import { unsubscribedPage, unsubscribePage } from './page/unsubscribe-page.js';
import { readPreferences, writerOf } from './read-preferences.js';
import { UnknownLink } from './unknown-link.js';
import { Unsubscribe } from './unsubscribe.use-case.js';
import { chooseWords, SPOKEN, wordsOf } from './words/choose-words.js';
import type { Words } from './words/words.js';

const params = z.object({ token: z.string().min(1).max(100) });
/** Mail programs add what they like to a link; nothing of it is refused, and nothing but this is read. */
const pageQuery = z.object({ lang: z.string().max(35).optional().describe('Language of the page.'), changed: z.string().max(320).optional().describe('Which switch was changed.') });
const page = { 'text/html': z.string() };
const oneClick = z.strictObject({ 'List-Unsubscribe': z.literal('One-Click') });
const forms = <S extends z.ZodType>(schema: S): Readonly<Record<string, S>> => ({ 'application/x-www-form-urlencoded': schema, 'multipart/form-data': schema });
const unknownLink = { codes: [], forms: page };

/** `/u/{token}`: no login, the link is the key. A GET changes nothing, whoever makes it: mail scanners open every link. */
@Controller('u')
export class LinkPageController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly unsubscribing: Unsubscribe,
    private readonly choosing: ChoosePreferences,
    private readonly unknown: UnknownLink,
  ) {}

  @Get(':token')
  @Operation({
    id: 'showLink',
    summary: 'Shows a person what their link is for: to unsubscribe, or everything they can decide',
    description:
      'A page for the person, without a login: the link from the mail is the key, and it says nothing of who they are. It changes nothing, however often ' +
      'a scanner or a preview fetches it. Every token of a tenant that opens nothing gets the same 404.',
    params,
    query: pageQuery,
    answers: { 200: { description: 'The page.', forms: page } },
    refusals: { 404: unknownLink },
  })
  async show(@Param('token') token: string, @Query() query: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { lang, changed } = pageQuery.safeParse(query).data ?? {};
    const accepts = request.headers['accept-language'];
    const shown = await withLink(this.unitOfWork, token, async (tx, link) => {
      const { pack } = await this.policies.current(tx);
      const offered = wordsOf(pack);
      const words = chooseWords(offered, lang, accepts);
      const call = { path: `/u/${token}`, words, offered };
      if (link.kind === 'unsubscribe') return unsubscribePage((await this.unsubscribing.of(tx, link)).view, call);
      const gpc = request.headers['sec-gpc'];
      return preferencesPage(await readPreferences(tx, pack, link, words), { ...call, changed, signal: isGpc(typeof gpc === 'string' ? gpc : undefined) });
    });
    return shown === undefined ? this.unknown.answer(token, request, reply) : answer(reply, shown);
  }

  @Post(':token')
  @HttpCode(200)
  @Operation({
    id: 'unsubscribe',
    summary: 'Unsubscribes at once (RFC 8058)',
    description:
      "What a mail program posts for `List-Unsubscribe-Post`, and what the page's button sends: no cookie, no redirect, no login. Ends marketing as widely as the " +
      'policy says (AJU-21, AJU-22). Posted twice it is one withdrawal, with the same answer.',
    params,
    query: pageQuery,
    body: forms(oneClick),
    answers: { 200: { description: 'Done.', forms: page } },
    refusals: { 404: unknownLink },
    idempotent: false,
  })
  async unsubscribe(@Param('token') token: string, @Query() query: unknown, @Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const fields = await readForm(request.headers['content-type'], body);
    if (fields['List-Unsubscribe'] !== 'One-Click') throw malformed('unsubscribe_malformed', 'The body of a one-click unsubscribe is List-Unsubscribe=One-Click (RFC 8058).');
    const done = await this.unsubscribing.act(token, callOf(request).cause);
    if (!done) return this.unknown.answer(token, request, reply);
    const { lang } = pageQuery.safeParse(query).data ?? {};
    const offered = wordsOf(done.pack);
    const call = { path: `/u/${token}`, words: chooseWords(offered, lang, request.headers['accept-language']), offered };
    return answer(reply, done.purposes.length === 0 ? unsubscribePage(done.view, call) : unsubscribedPage(done.view, call));
  }

  @Post(':token/choices')
  @HttpCode(303)
  @Operation({
    id: 'changePreference',
    summary: "Switches one purpose on or off, from a person's page",
    description: 'A yes is bound to the words that the page shows. Leads back to the page.',
    params,
    query: pageQuery,
    body: forms(choiceForm),
    answers: { 303: { description: 'Back to the page.', forms: page } },
    refusals: { 404: unknownLink, 422: { codes: [], forms: page } },
    idempotent: false,
  })
  async choose(@Param('token') token: string, @Query() query: unknown, @Body() body: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const form = parseBody(choiceForm, await readForm(request.headers['content-type'], body));
    return this.change(token, query, request, reply, form.domain === undefined ? form.purpose : `${form.purpose}@${form.domain}`, (words) =>
      this.choosing.choose(token, form, words.language, callOf(request).cause),
    );
  }

  @Post(':token/withdraw-all')
  @HttpCode(303)
  @Operation({
    id: 'withdrawAllPreferences',
    summary: "Takes back every consent, from a person's page",
    description: 'What does not rest on consent is not touched (AJU-18). Leads back to the page.',
    params,
    query: pageQuery,
    answers: { 303: { description: 'Back to the page.', forms: page } },
    refusals: { 404: unknownLink, 422: { codes: [], forms: page } },
    idempotent: false,
  })
  async withdrawAll(@Param('token') token: string, @Query() query: unknown, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    return this.change(token, query, request, reply, 'all', () => this.choosing.withdrawAll(token, callOf(request).cause));
  }

  /** Does it and leads back; what the policy refuses is told on a page of its own. */
  private async change(
    token: string, query: unknown, request: FastifyRequest, reply: FastifyReply, changed: string, act: (words: Words) => Promise<boolean>,
  ): Promise<string> {
    const { lang } = pageQuery.safeParse(query).data ?? {};
    const words = chooseWords(SPOKEN, lang, request.headers['accept-language']);
    const back = `/u/${token}?lang=${words.language}`;
    try {
      if (!(await act(words))) return await this.unknown.answer(token, request, reply);
    } catch (error) {
      if (!isHeedError(error) || error.kind !== 'refused') throw error;
      const tenant = await withLink(this.unitOfWork, token, async (tx) => writerOf((await this.policies.current(tx)).pack).tenant);
      return answer(reply, refusedPage(words, tenant ?? '', error.message, back), 422);
    }
    void reply.header('location', `${back}&changed=${encodeURIComponent(changed)}`);
    return answer(reply, '', 303);
  }
}

function answer(reply: FastifyReply, text: string, code = 200): string {
  void reply.headers(LINK_PAGE_HEADERS).code(code);
  return text;
}
