import { DOCUMENTATION, Operation } from '@heed/http';
import { HeedError } from '@heed/kernel';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { assetOf, ASSETS, PAGE, PAGE_HEADERS } from './page.js';

const text = z.string();

/** `/docs`: all services' calls to read and to try, made of the merged document. */
@Controller('docs')
export class DocumentationController {
  @Get()
  @Operation({
    id: 'showDocumentation',
    summary: 'A page to read this document and to try calls',
    tag: DOCUMENTATION,
    outlivesTrouble: true,
    answers: { 200: { description: 'The page.', forms: { 'text/html': text } } },
  })
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply.headers(PAGE_HEADERS);
    return PAGE;
  }

  @Get(':asset')
  @Operation({
    id: 'getDocumentationPart',
    summary: 'What the page is made of',
    tag: DOCUMENTATION,
    outlivesTrouble: true,
    params: z.object({ asset: z.enum(ASSETS) }),
    answers: { 200: { description: 'A script, a style sheet or a picture.', forms: { 'text/javascript': text, 'text/css': text, 'image/png': text } } },
    refusals: { 404: ['not_found'] },
  })
  async asset(@Param('asset') name: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    const asset = await assetOf(name);
    if (!asset) throw new HeedError({ kind: 'not_found', code: 'not_found', detail: 'The page has no such part.' });
    void reply.headers(asset.headers);
    return asset.content;
  }
}
