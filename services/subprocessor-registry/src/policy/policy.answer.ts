import { instant, uuid } from '@heed/kernel';
import { policyPackSchema } from '@heed/policy';
import { z } from 'zod';

const version = z.int().min(1);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const state = z.enum(['announced', 'active', 'superseded']);

/** Stands once among the components, for what is sent and what is told. */
export const policyPack = policyPackSchema.meta({ id: 'PolicyPack', description: 'An organisation\'s privacy policy as values that services read.' });

const diff = z
  .strictObject({
    from: hash,
    to: hash,
    material: z.boolean().describe('True where people who were promised something must be told.'),
    changes: z.array(
      z.strictObject({
        kind: z.enum(['added', 'removed', 'changed']),
        path: z.string().describe('JSON pointer; entries of lists stand by their name.'),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
        material: z.boolean(),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'PolicyDiff' });

export const publicationAnswer = z
  .strictObject({ version, hash, state, effectiveFrom: instant, diff: diff.nullable().describe('Null for the first version.'), noticeId: uuid.nullable() })
  .meta({ id: 'Publication' });

export const policyVersion = z
  .strictObject({
    version,
    hash,
    state,
    effectiveFrom: instant,
    announcedFor: instant,
    postponed: z.boolean().describe('A notice was delivered too late for the announced date.'),
    publishedAt: instant,
    publishedBy: z.string(),
    activatedAt: instant.nullable(),
    notice: z
      .strictObject({ id: uuid, recipients: count, delivered: count, lastDeliveredAt: instant.nullable(), publishedAt: instant.nullable() })
      .nullable()
      .describe('Null where nobody was promised one.'),
  })
  .meta({ id: 'PolicyVersion' });

export const policyAnswer = z.strictObject({ ...policyVersion.shape, diff: diff.nullable(), pack: policyPack }).meta({ id: 'Policy' });

export const promisesAnswer = z
  .strictObject({
    policyVersion: version,
    items: z.array(
      z.strictObject({
        ...policyPackSchema.shape.promises.element.shape,
        values: z.array(z.strictObject({ path: z.string(), value: z.string() })).describe('The values of the pack that carry the promise.'),
      }),
    ),
    nextCursor: z.null().describe('All stand on one page.'),
  })
  .meta({ id: 'Promises' });

const { vendors, ...rules } = policyPackSchema.shape.subprocessors.shape;

export const subprocessorsAnswer = z
  .strictObject({ policyVersion: version, ...rules, items: vendors, nextCursor: z.null().describe('All stand on one page.') })
  .meta({ id: 'Subprocessors' });
