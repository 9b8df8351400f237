import { Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const ANSWER = { allowed: true, purpose: 'marketing_email', basis: 'consent', reason: 'given', recordId: '01999999-0000-7000-8000-000000000000' };

/** The framework of the services and nothing of Heed: what a check could cost at least. */
@Controller('v1/consents/check')
class ConstantController {
  @Post()
  @HttpCode(200)
  check(): unknown {
    return ANSWER;
  }
}

@Module({ controllers: [ConstantController] })
class BareModule {}

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${await app.getUrl()}\n`);
process.once('SIGTERM', () => void app.close());
