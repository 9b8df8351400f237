import { describeApi, Operation } from '@heed/http';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { documentedFetch } from './documented-fetch.js';

const hold = z.strictObject({ id: z.uuid(), placedAt: z.iso.datetime() });

@Controller('v1/holds')
class Holds {
  @Get(':id')
  @Operation({ id: 'getHold', summary: 'Shows a hold', params: z.object({ id: z.uuid() }), answers: { 200: hold }, refusals: { 404: ['not_found'] } })
  get(): unknown {
    return undefined;
  }

  @Post()
  @Operation({ id: 'placeHold', summary: 'Places a hold', body: z.strictObject({ matter: z.string() }), answers: { 201: hold } })
  place(): unknown {
    return undefined;
  }
}

@Module({ controllers: [Holds] })
class Root {}

const documented = documentedFetch(describeApi({ service: 'retention', title: 'Retention', description: 'For a test.' }, Root));
const id = '019ab3c4-0000-7000-8000-000000000000';
const good = { id, placedAt: '2026-11-21T10:00:00Z' };

function answers(status: number, body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }): void {
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body), { status, headers }));
}
const problem = (status: number, code: string) => ({ type: `https://heed.dev/problems/${code}`, title: 'No', status, detail: 'No.', code });
const get = () => documented(`http://heed/v1/holds/${id}?x=1`);
const place = (body: unknown) => documented('http://heed/v1/holds', { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

describe('what a service answers', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('passes where the document says so', async () => {
    answers(200, good);
    expect(await (await get()).json()).toEqual(good);
    answers(404, problem(404, 'not_found'), { 'content-type': 'application/problem+json' });
    expect((await get()).status).toBe(404);
    answers(201, good);
    expect((await place({ matter: 'case 12' })).status).toBe(201);
  });

  it.each([
    ['a status', 409, problem(409, 'state_conflict'), 'which the document does not say'],
    ['a member too many', 200, { ...good, matter: 'case 12' }, 'must NOT have additional properties'],
    ['a member too few', 200, { id }, "must have required property 'placedAt'"],
    ['another form', 200, { ...good, placedAt: 'yesterday' }, 'must match format "date-time"'],
  ])('fails for %s', async (_, status, body, complaint) => {
    answers(status, body);
    await expect(get()).rejects.toThrow(complaint);
  });

  it('fails for a media type, a code or a missing header', async () => {
    answers(404, problem(404, 'not_found'));
    await expect(get()).rejects.toThrow('as application/json');
    answers(404, problem(404, 'gone'), { 'content-type': 'application/problem+json' });
    await expect(get()).rejects.toThrow('must be equal to one of the allowed values');
    answers(503, problem(503, 'away'), { 'content-type': 'application/problem+json' });
    await expect(get()).rejects.toThrow('without the header Retry-After');
  });

  it('fails where a body is taken that the document refuses', async () => {
    answers(201, good);
    await expect(place({ matter: 12 })).rejects.toThrow('to a body that is not as the document says: /matter must be string');
  });

  it('fails where the document has no such call', async () => {
    answers(200, {});
    await expect(documented('http://heed/v1/secrets')).rejects.toThrow('where the document has no such call');
  });
});
