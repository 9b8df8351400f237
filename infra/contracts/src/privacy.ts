import type { JsonSchema } from './json-schema.js';

export interface ClassifiedField {
  /** Where in the data, `[]` for the entries of a list and `{}` for those of a record: `subject.identifiers[].value`. */
  readonly path: string;
  readonly privacy: string | undefined;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);
const schemas = (value: unknown): JsonSchema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

/**
 * The leaves of a schema with their privacy class, their own or that of the nearest part they belong to. Null says nothing about a person,
 * so it needs no class.
 */
export function classifiedFields(schema: JsonSchema, path = '', inherited?: string): ClassifiedField[] {
  const own = schema['x-privacy'];
  const privacy = typeof own === 'string' ? own : inherited;
  const below = (part: JsonSchema, at: string): ClassifiedField[] => classifiedFields(part, at, privacy);

  const parts: ClassifiedField[][] = [];
  const { properties, items, additionalProperties, propertyNames } = schema;
  if (isSchema(properties)) {
    for (const [name, part] of Object.entries(properties)) if (isSchema(part)) parts.push(below(part, path === '' ? name : `${path}.${name}`));
  }
  if (isSchema(items)) parts.push(below(items, `${path}[]`));
  if (isSchema(additionalProperties)) {
    parts.push(below(additionalProperties, `${path}{}`));
    // The keys of a record are data as well: a map keyed by addresses would tell on people.
    if (isSchema(propertyNames)) parts.push(below(propertyNames, `${path}{key}`));
  }
  for (const part of [...schemas(schema['anyOf']), ...schemas(schema['oneOf']), ...schemas(schema['allOf'])]) parts.push(below(part, path));

  if (parts.length > 0) return parts.flat();
  return schema['type'] === 'null' ? [] : [{ path, privacy }];
}
