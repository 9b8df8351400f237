import { HeedError, isHeedError } from '@heed/kernel';
import type { ErrorKind } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { sqlState } from '@heed/persistence';
import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  refused: 422,
  too_many: 429,
  internal: 500,
  unavailable: 503,
};

const TITLE: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict with the present state',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Refused by the policy',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

/** RFC 9457 problem details with Heed's members. */
export const problemSchema = z
  .strictObject({
    type: z.url().describe('Stable, one per code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What to do next, for a person. Never quotes what identifies somebody.'),
    code: z.string().describe('Stable: programs branch on it.'),
    promise: z.string().optional().describe('The promise of the policy that says no, e.g. `AJU-56`.'),
    stepUp: z
      .strictObject({ act: z.string(), resource: z.string() })
      .optional()
      .describe('What to ask `POST /v1/step-ups` for, where one is missing.'),
    errors: z
      .array(z.strictObject({ pointer: z.string().describe('JSON pointer into what was sent.'), code: z.string(), detail: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457).' });
export type Problem = z.output<typeof problemSchema>;

export function problemOf(error: HeedError): Problem {
  const status = STATUS[error.kind];
  return {
    type: `https://heed.dev/problems/${error.code}`,
    title: TITLE[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    ...(error.promise ? { promise: error.promise } : {}),
    ...(error.stepUp ? { stepUp: error.stepUp } : {}),
    ...(error.errors.length > 0 ? { errors: [...error.errors] } : {}),
  };
}

/** PostgreSQL's class 22, data exceptions: a year, a number or a character that has no place there. */
const OUT_OF_RANGE = 'A value is outside of what can be stored, such as a year, a number or half a character.';

/** Turns whatever was thrown into our own error; what the caller sent is never a 500. */
export function asHeedError(error: unknown): HeedError {
  if (isHeedError(error)) return error;
  if (sqlState(error)?.startsWith('22')) return new HeedError({ kind: 'malformed', code: 'value_out_of_range', detail: OUT_OF_RANGE, cause: error });
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  const kind = typeof status === 'number' ? (Object.keys(STATUS) as ErrorKind[]).find((k) => STATUS[k] === status) : undefined;
  if (kind === 'not_found') return new HeedError({ kind, code: 'route_unknown', detail: 'There is nothing at this path.', cause: error });
  if (kind === 'too_large') return new HeedError({ kind, code: 'body_too_large', detail: 'The body is larger than this path takes.', cause: error });
  if (kind && kind !== 'internal') return new HeedError({ kind, code: `http_${status}`, detail: TITLE[STATUS[kind]] ?? 'Refused', cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new HeedError({ kind: 'malformed', code: `http_${status}`, detail: TITLE[status] ?? 'The request cannot be read.', cause: error });
  }
  return new HeedError({ kind: 'internal', code: 'internal', detail: 'Something failed here; the log has it under this time.', cause: error });
}

@Catch()
export class ProblemFilter implements ExceptionFilter<unknown> {
  constructor(private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    sendProblem(host.switchToHttp().getResponse<FastifyReply>(), exception, this.logger);
  }
}

export function sendProblem(reply: FastifyReply, exception: unknown, logger: Logger): void {
  const error = asHeedError(exception);
  const problem = problemOf(error);
  const route = reply.request.routeOptions.url;
  if (problem.status === 500) logger.error({ err: exception, route }, 'a request failed');
  // Better refused earlier, by a schema that says so.
  if (problem.code === 'value_out_of_range') logger.warn({ err: exception, route }, 'the database refused a value');
  reply.problemCode = problem.code;
  void reply.code(problem.status).header('content-type', 'application/problem+json');
  // RFC 9470: the token is good, but its holder has to show that they are there.
  if (problem.status === 401) void reply.header('www-authenticate', problem.code.startsWith('step_up') ? 'Bearer error="insufficient_user_authentication"' : 'Bearer');
  if (problem.status === 503 || problem.status === 429) void reply.header('retry-after', String(error.retryAfterSeconds ?? 1));
  void reply.send(JSON.stringify(problem));
}
