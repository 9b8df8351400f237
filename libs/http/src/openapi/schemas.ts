import { z } from 'zod';

export interface JsonSchema {
  [key: string]: unknown;
}

const REF = '#/components/schemas/';

/**
 * JSON Schemas (2020-12, as OpenAPI 3.1 has them) of zod schemas. One with an `id` in its meta stands once among the
 * components. Bodies are closed: an unknown member is refused. Answers are open, because a later version may say more.
 */
export class Schemas {
  private readonly named = new Map<string, { readonly raw: string; readonly shown: JsonSchema }>();

  /** What a caller sends. */
  body(schema: z.ZodType): JsonSchema {
    return this.take(schema, 'input', (part) => part);
  }

  /** What a caller gets. */
  answer(schema: z.ZodType): JsonSchema {
    return this.take(schema, 'output', opened);
  }

  get components(): Readonly<Record<string, JsonSchema>> {
    const sorted = [...this.named].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([id, { shown }]) => [id, shown]));
  }

  private take(schema: z.ZodType, io: 'input' | 'output', show: (part: JsonSchema) => JsonSchema): JsonSchema {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [id, part] of Object.entries($defs)) this.name(id, referring(part), show);
    return show(referring(own));
  }

  /** What a body and an answer share stays as the body has it. */
  private name(id: string, part: JsonSchema, show: (part: JsonSchema) => JsonSchema): void {
    const raw = JSON.stringify(part);
    const known = this.named.get(id);
    if (known && known.raw !== raw) throw new Error(`two different schemas are called ${id}`);
    if (!known) this.named.set(id, { raw, shown: show(part) });
  }
}

type Change = (schema: JsonSchema) => JsonSchema;

/** Rebuilds a schema from its parts upwards. */
export function rebuilt(value: unknown, change: Change): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => rebuilt(entry, change));
  if (typeof value !== 'object' || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, rebuilt(part, change)])));
}

function referring(schema: JsonSchema): JsonSchema {
  return rebuilt(schema, (part) =>
    typeof part['$ref'] === 'string' ? { ...part, $ref: part['$ref'].replace('#/$defs/', REF) } : part,
  ) as JsonSchema;
}

/** Formats say enough to a reader; the patterns behind them fill a screen. */
const SPOKEN_FOR = new Set(['uuid', 'date-time']);

function opened(schema: JsonSchema): JsonSchema {
  return rebuilt(schema, ({ additionalProperties, pattern, maximum, minimum, ...rest }) => ({
    ...rest,
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    ...(pattern === undefined || SPOKEN_FOR.has(String(rest['format'])) ? {} : { pattern }),
    ...(additionalProperties === undefined || additionalProperties === false ? {} : { additionalProperties }),
  })) as JsonSchema;
}
