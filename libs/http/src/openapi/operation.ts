import type { z } from 'zod';

const OPERATION = Symbol.for('heed.operation');

/** An answer that is not plain JSON, or not JSON alone: what each media type holds. */
export interface Forms {
  readonly description: string;
  readonly forms: Readonly<Record<string, z.ZodType>>;
}

/** A refusal that has a page for people instead of, or beside, problem details. */
export interface Refusal {
  /** The stable codes that programs branch on. */
  readonly codes: readonly string[];
  readonly forms?: Readonly<Record<string, z.ZodType>>;
}

/**
 * What callers are told of a call. What holds for every call is added by itself: roles, 400, 401, 403, 404 of a path
 * with an id, 413, 503, and the Idempotency-Key of a POST.
 */
export interface OperationOptions {
  /** The name that generated clients give it, unlike any other in all services. */
  readonly id: string;
  /** What it does, in a line for a person. */
  readonly summary: string;
  /** What is worth knowing before one uses it, with the ids of the promises that it keeps. */
  readonly description?: string;
  /** The group it is shown in; its service's where none is named. */
  readonly tag?: { readonly name: string; readonly description: string };
  readonly params?: z.ZodObject;
  /** The same schema that the handler reads the query with. */
  readonly query?: z.ZodObject;
  /** The same schema that the handler reads the body with, or one per media type. */
  readonly body?: z.ZodType | Readonly<Record<string, z.ZodType>>;
  /** A JSON body that the call takes. */
  readonly example?: unknown;
  /** By status. */
  readonly answers: Readonly<Record<number, z.ZodType | Forms>>;
  /**
   * The calls for which an answer has what they need: by operation the path parameters, each with the JSON pointer to it.
   * @example { getHold: { id: '/items/0/id' } }
   */
  readonly leadsTo?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly refusals?: Readonly<Partial<Record<403 | 404 | 409 | 422, readonly string[] | Refusal>>>;
  /** A POST that changes nothing keeps no answers. */
  readonly idempotent?: false;
  /** Watched by machines, and never answered 429. */
  readonly limited?: false;
  /** Needs neither database nor issuer, so it is never unavailable. */
  readonly outlivesTrouble?: true;
}

/**
 * Describes a handler in the service's OpenAPI document. A service with a route that is not described does not start.
 * @example \@Operation({ id: 'listHolds', summary: 'Lists legal holds', query: listQuery, answers: { 200: pageAnswer(hold) } })
 */
export function Operation(options: OperationOptions): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    Reflect.defineMetadata(OPERATION, options, descriptor.value as object);
  };
}

export function operationOf(handler: object): OperationOptions | undefined {
  return Reflect.getMetadata(OPERATION, handler) as OperationOptions | undefined;
}

/** The body's schemas by media type. */
export function bodiesOf({ body }: OperationOptions): Readonly<Record<string, z.ZodType>> {
  if (!body) return {};
  return isSchema(body) ? { 'application/json': body } : body;
}

export function isSchema(value: object): value is z.ZodType {
  return '_zod' in value;
}
