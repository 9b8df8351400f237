import { z } from 'zod';
import { isIngress, type Contract } from './catalogue.js';

export interface JsonSchema {
  [key: string]: unknown;
}

/**
 * The JSON Schema (draft 07, which AsyncAPI's tools read without a plugin) of an event's data as it stands on the wire. What platform
 * teams write may leave out what has a default; what Heed writes never does. Rules between fields are not in it: zod checks them on arrival.
 */
export function jsonSchemaOf(contract: Contract): JsonSchema {
  const { definition } = contract;
  const { $schema, ...schema } = z.toJSONSchema(definition.data, { target: 'draft-7', io: isIngress(contract) ? 'input' : 'output' });
  return {
    $schema,
    $id: `urn:heed:schema:${definition.type}`,
    title: definition.type,
    description: definition.summary,
    ...schema,
  };
}
