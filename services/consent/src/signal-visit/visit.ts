import { domain, jurisdiction } from '@heed/contracts-ingress';
import { callerAddress, classified, instant, purposeId, subject } from '@heed/kernel';
import { z } from 'zod';

/** Whatever could name somebody in a path: an address, a long number, a token. */
const NAMING = /@|%40|\d{5,}|[0-9a-f]{16,}|[A-Za-z0-9_-]{32,}/i;

/**
 * A path as it may be told on: without query and fragment, and with a blank where a part could name somebody.
 * @example coarsePath('/orders/4711234/ada@example.com?x=1') // '/orders/:id/:id'
 */
export function coarsePath(path: string): string {
  const [plain = ''] = path.split(/[?#]/, 1);
  const parts = `/${plain}`.replace(/\/{2,}/g, '/').split('/');
  return parts.map((part) => (NAMING.test(part) ? ':id' : part)).join('/').slice(0, 200);
}

/** The host that a referrer names; null where it names none. The rest of it says where somebody was. */
export function referrerHost(referrer: string): string | null {
  const host = URL.parse(referrer.includes('://') ? referrer : `https://${referrer}`)?.hostname ?? '';
  return domain.safeParse(host).success ? host : null;
}

/** One look at a page, as it is read: what is finer than what may be kept is gone when the parser is done (AJU-07, AUR-03). */
export const visit = z
  .strictObject({
    subject: subject.optional().meta({ description: 'Usually by `cookie_id`; left out while nobody is known: then the page is only counted.' }),
    purpose: purposeId.optional().meta({ description: "The policy's purpose of analytics cookies where left out." }),
    domain,
    path: classified('personal', z.string().max(2000)).transform(coarsePath),
    occurredAt: instant,
    ip: callerAddress.optional(),
    referrer: classified('personal', z.string().max(2000)).transform(referrerHost).optional(),
    region: jurisdiction.optional().meta({ description: 'A country, or a state of one, as the caller knows it; nothing is looked up.' }),
    jurisdiction: jurisdiction.optional(),
    gpc: z.boolean().optional().meta({ description: 'The browser sent `Sec-GPC: 1`.' }),
    age: classified('personal', z.int().min(0).max(130)).optional(),
    childSignal: classified('personal', z.boolean()).optional(),
  })
  .meta({ id: 'Visit' });
export type Visit = z.output<typeof visit>;

export const visitsBody = z.strictObject({ visits: z.array(visit).min(1).max(500) }).meta({ id: 'Visits' });

export type VisitOutcome = 'recorded' | 'counted' | 'ignored';
