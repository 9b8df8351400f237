import { malformed } from '@heed/kernel';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';

/** One JSON value a line (https://github.com/ndjson/ndjson-spec). */
export const NDJSON = 'application/x-ndjson';

const STREAMED = 'heedStreamed';

/**
 * The handler gets its NDJSON body as a stream, of any length: nothing of it is in memory before the handler reads it, and
 * a caller who sends faster than that waits. It bounds the single line by itself.
 * @example \@Post('batch') \@StreamedBody() batch(\@Body() body: unknown) { const stream = streamOf(body); … }
 */
export const StreamedBody = (): MethodDecorator => RouteConfig({ [STREAMED]: true });

/** Lets NDJSON through to handlers that stream; anywhere else it is no body at all. */
export function takeStreamedBodies(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(NDJSON, (request, payload, done) => {
    const config: unknown = request.routeOptions.config;
    const isStreamed = typeof config === 'object' && config !== null && STREAMED in config;
    if (isStreamed) done(null, payload);
    else done(malformed('http_415', `This path takes no ${NDJSON}.`), undefined);
  });
}

/** @throws HeedError `ndjson_expected` where the body came as something else */
export function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw malformed('ndjson_expected', `Send one JSON object a line, as content-type ${NDJSON}.`);
}
