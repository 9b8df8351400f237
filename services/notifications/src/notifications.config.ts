import { serviceEnvironment } from '@heed/config';
import { z } from 'zod';

/** What this service needs to know beyond what every service does. */
export const notificationsEnvironment = serviceEnvironment.extend({
  /** `smtp://` or `smtps://`, with login where the server wants one. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** Default: `implicit` for smtps://, `off` for smtp:// on this computer, otherwise `starttls`. See `mailServer`. */
  SMTP_TLS: z.enum(['off', 'starttls', 'implicit']).optional(),
  /** Consent's own port: it alone knows addresses. */
  HEED_CONSENT_URL: z.url(),
  /** How often it looks for mail to send, in milliseconds. */
  HEED_SEND_EVERY_MS: z.coerce.number().int().min(20).max(60_000).default(250),
});
export type NotificationsEnvironment = z.output<typeof notificationsEnvironment>;
