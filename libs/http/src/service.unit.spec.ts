import { makeLogger } from '@heed/observability';
import { systemClock } from '@heed/kernel';
import { Controller, Get, Module, Param, Post } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Operation } from './openapi/operation.js';
import { createHttpService } from './service.js';

const params = z.object({ id: z.uuid() });

@Controller('v1/holds')
class Undescribed {
  @Get(':id')
  get(@Param('id') id: string): unknown {
    return { id };
  }
}

@Controller('v1/holds')
class Described {
  @Get(':id')
  @Operation({ id: 'getHold', summary: 'Shows a hold', params, answers: { 200: z.strictObject({ id: z.uuid() }) }, refusals: { 404: ['not_found'] } })
  get(@Param('id') id: string): unknown {
    return { id };
  }
}

@Controller('v1/holds')
class Privileged {
  @Post(':id/release')
  @Operation({ id: 'releaseHold', summary: 'Releases a hold', params, answers: { 201: z.strictObject({ id: z.uuid() }) } })
  release(@Param('id') id: string): unknown {
    return { id };
  }
}

@Controller('v1/secrets')
class ForNobody {
  @Get()
  @Operation({ id: 'getSecrets', summary: 'Shows what nobody may see', answers: { 200: z.strictObject({}) } })
  get(): unknown {
    return {};
  }
}

async function serviceOf(...controllers: Type[]): Promise<NestFastifyApplication> {
  class Root {}
  Module({ controllers })(Root);
  return createHttpService({
    api: { service: 'test', title: 'Test', description: 'Made for a test.' },
    module: Root,
    issuer: 'http://127.0.0.1:1',
    audience: 'heed',
    fingerprintKey: new Uint8Array(32),
    clock: systemClock,
    logger: makeLogger('test', 'fatal'),
    notReady: async () => [],
  });
}

describe('a service', () => {
  it('is not made while a handler of it is not described', async () => {
    await expect(serviceOf(Undescribed)).rejects.toThrow('GET /v1/holds/:id is not described: add @Operation to Undescribed.get');
  });

  it('is not made with a call that the access matrix lets nobody make', async () => {
    await expect(serviceOf(ForNobody)).rejects.toThrow('GET /v1/secrets is served to nobody');
  });

  it('is not made with a privileged act whose step-ups it cannot verify', async () => {
    await expect(serviceOf(Privileged)).rejects.toThrow('POST /v1/holds/{id}/release needs step-ups');
  });

  it('does not start with a route beside its document', async () => {
    const app = await serviceOf(Described);
    app.getHttpAdapter().getInstance().get('/v1/beside', async () => 'nobody knows of this');
    await expect(app.getHttpAdapter().getInstance().ready()).rejects.toThrow('served, but not described: GET /v1/beside');
  });

  it('serves its document, with roles, parameters and refusals of every call', async () => {
    const app = await serviceOf(Described);
    await app.init();
    const answer = await app.inject('/openapi.json');
    expect(answer.headers['content-type']).toContain('application/json');
    const { paths } = answer.json<{ paths: Record<string, Record<string, { parameters: unknown; responses: object }>> }>();
    expect(Object.keys(paths)).toEqual(['/healthz', '/metrics', '/openapi.json', '/readyz', '/v1/holds/{id}']);
    const operation = paths['/v1/holds/{id}']?.['get'];
    expect(operation).toMatchObject({
      operationId: 'getHold',
      'x-roles': ['analyst', 'dpo', 'auditor'],
      security: [{ bearer: ['analyst'] }, { bearer: ['dpo'] }, { bearer: ['auditor'] }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
    });
    expect(Object.keys(operation?.responses ?? {})).toEqual(['200', '400', '401', '403', '404', '429', '503']);
    await app.close();
  });

  it('answers problem details to what no route can read', async () => {
    const app = await serviceOf(Described);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    for (const [url, status] of [['/v1/holds/%zz', 400], [`/v1/holds/${'x'.repeat(101)}`, 400], ['/v1/none', 404]] as const) {
      const answer = await app.inject(url);
      expect([url, answer.statusCode]).toEqual([url, status]);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
    await app.close();
  });
});
