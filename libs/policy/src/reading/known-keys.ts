import { z } from 'zod';
import type { PackPath } from './issue.js';

/** The keys that the format knows at a place, for "did you mean". */
export function keysAt(schema: z.ZodType, path: PackPath): string[] {
  const places = path.reduce<z.ZodType[]>((schemas, part) => schemas.flatMap((one) => step(one, part)), [schema]);
  return [...new Set(places.flatMap(plain).flatMap((place) => (place instanceof z.ZodObject ? Object.keys(place.shape) : [])))];
}

function step(schema: z.ZodType, part: PropertyKey): z.ZodType[] {
  return plain(schema).flatMap((place): z.ZodType[] => {
    if (place instanceof z.ZodObject) return [(place.shape as Record<PropertyKey, z.ZodType | undefined>)[part]].filter((found) => found !== undefined);
    if (place instanceof z.ZodArray) return [place.element as z.ZodType];
    return place instanceof z.ZodRecord ? [place.valueType as z.ZodType] : [];
  });
}

/** Without what stands around a schema: optional, piped, one of several. */
function plain(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return plain(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return plain(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(plain);
  return [schema];
}
