import { z } from 'zod';
import { countrySchema, dateSchema, emailSchema, languageSchema, tenantIdSchema, textSchema, zoneSchema } from '../scalars.js';
import { sourceSchema, sourced } from '../source.js';

/** Who the controller is. `country` is left out where the policy names none. */
export const tenantSchema = z.strictObject({
  id: tenantIdSchema,
  name: textSchema,
  controller: sourced(textSchema),
  address: sourced(textSchema).optional(),
  country: sourced(countrySchema).optional(),
  /** The zone in which months, days and business days of every clock are counted. */
  zone: sourced(zoneSchema),
  languages: sourced(z.array(languageSchema).min(1)),
  contacts: z.strictObject({
    privacy: sourced(emailSchema),
    dpo: sourced(emailSchema).optional(),
  }),
});

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/**
 * Which days are business days. `holidays` names a public calendar; `overrides` correct it by date, because the
 * calendar lacks India's lunar holidays and a company may work on a public one.
 */
export const calendarSchema = z.strictObject({
  weekend: sourced(z.array(z.enum(WEEKDAYS)).max(6)),
  holidays: z.strictObject({ country: countrySchema, state: z.string().regex(/^[A-Z0-9]{1,3}$/).optional(), source: sourceSchema }).optional(),
  overrides: z.array(
    z.strictObject({ date: dateSchema, name: textSchema, businessDay: z.boolean(), source: sourceSchema }),
  ),
});
export type Weekday = (typeof WEEKDAYS)[number];
