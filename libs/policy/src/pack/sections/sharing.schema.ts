import { z } from 'zod';
import { calendarDurationSchema, jurisdictionIdSchema, slugSchema, textSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

const mechanismSchema = z.enum(['none_needed', 'scc', 'adequacy', 'scc_or_adequacy', 'scc_or_equivalent', 'scc_and_contract']);

/** Who else handles the data. `named: false` is a class of processors the policy speaks of without naming one. */
export const subprocessorSchema = z.strictObject({
  id: slugSchema,
  name: textSchema,
  named: z.boolean(),
  role: textSchema,
  purposes: z.array(slugSchema).min(1),
  categories: z.array(slugSchema).min(1),
  /** Where it processes; left out where the policy does not say. */
  region: jurisdictionIdSchema.optional(),
  mechanism: sourced(mechanismSchema),
  dpa: sourced(z.boolean()),
  /** Bound not to train models on the data; left out where nobody says so. */
  noTraining: sourced(z.literal(true)).optional(),
  /** The only mail classes this provider may carry. */
  messageClasses: z.array(slugSchema).min(1).optional(),
  source: sourceSchema,
});

export const subprocessorsSchema = z.strictObject({
  /** `closed`: nobody but the vendors listed. */
  list: sourced(z.enum(['closed', 'open'])),
  available: sourced(z.enum(['in_policy', 'on_request'])),
  bound: sourced(z.enum(['dpa', 'dpa_and_confidentiality', 'own_instructions_only'])),
  objectionWindow: sourced(calendarDurationSchema),
  reviewEvery: sourced(calendarDurationSchema).optional(),
  vendors: z.array(subprocessorSchema),
});

/** Movements over borders; one without a mechanism is refused. */
export const transfersSchema = z.strictObject({
  home: sourced(jurisdictionIdSchema),
  /** Regions whose data stays there. */
  pinned: z.array(z.strictObject({ region: jurisdictionIdSchema, source: sourceSchema })),
  safeguards: sourced(z.enum(['scc', 'scc_or_adequacy', 'scc_or_equivalent', 'scc_and_contract', 'none_stated'])),
  flows: z.array(
    z.strictObject({
      id: slugSchema,
      from: z.union([jurisdictionIdSchema, z.literal('anywhere')]),
      to: z.union([jurisdictionIdSchema, z.literal('anywhere')]),
      categories: z.array(slugSchema).min(1),
      mechanism: mechanismSchema,
      source: sourceSchema,
    }),
  ),
});

/** What holds for children. The whole section is left out where the policy is silent; the law's age holds anyway. */
export const childrenSchema = z.strictObject({
  minAge: sourced(z.int().min(1).max(21)),
  knowingCollection: sourced(z.literal('refused')),
  /** Following behaviour or targeting advertising at a child. */
  behaviouralMonitoring: sourced(z.literal('refused')),
  report: z.strictObject({ then: z.literal('erase'), identification: z.enum(['never_from_child', 'if_needed']), source: sourceSchema }),
});
