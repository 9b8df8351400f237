import { classified, purposeId, subject, subjectRef } from '@heed/kernel';
import { z } from 'zod';

/** `unsubscribe`: one click ends marketing. `preferences`: a page with everything a person can decide. */
export const linkKind = classified('none', z.enum(['unsubscribe', 'preferences']));
export type LinkKind = z.output<typeof linkKind>;

const jurisdiction = classified('none', z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/));

/** What a link is to open, for one person. */
export const linkBody = z
  .strictObject({
    kind: linkKind,
    purpose: purposeId.optional().describe('Of an unsubscribe link: what the mail is sent for.'),
    expires: z
      .string()
      .regex(/^P(?=\d|T\d)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=\d)(\d{1,4}H)?(\d{1,4}M)?)?$/, 'a length of time such as P30D')
      .optional()
      .describe('How long it opens, e.g. `P30D`. Left out: `P1Y` for unsubscribe, `P30D` for preferences.'),
    jurisdiction: jurisdiction.optional().describe("Whose law applies to the person, e.g. `EU`; what was last recorded, else the policy's default, where left out."),
  })
  .refine(({ kind, purpose }) => purpose === undefined || kind === 'unsubscribe', 'only an unsubscribe link is for one purpose');
export type LinkBody = z.output<typeof linkBody>;

/** The same for whoever is known by identifiers, e.g. of their account. */
export const subjectLinkBody = linkBody.safeExtend({ subject });

/** The url is a key: whoever has it can act as the person, so it belongs into a mail to them and nowhere else. */
export const linkAnswer = z.strictObject({ url: classified('sealed', z.url()), expiresAt: z.iso.datetime({ offset: true }) });

/** `POST /internal/links`: one link for each, in the order asked; `null` where the person is unknown or was erased. */
export const linksBody = z.strictObject({
  links: z.array(z.strictObject({ ref: subjectRef, kind: linkKind, purpose: purposeId.optional() })).min(1).max(500),
});
export const linksAnswer = z.strictObject({ links: z.array(linkAnswer.nullable()) });
