import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

export const audience = z.enum(['customer_admins', 'partners', 'registered_users']);
const masked = z.string().describe('Masked.');

export const recipientsSaved = z
  .strictObject({ audience, added: z.int().min(0), recipients: z.array(z.strictObject({ id: uuid, email: masked })) })
  .meta({ id: 'RecipientsSaved' });

export const recipientErased = z
  .strictObject({ id: uuid, unsent: z.int().min(0).describe('Mails that end as failed with the reason `recipient_erased`.') })
  .meta({ id: 'RecipientErased' });

export const recipientAnswer = z
  .strictObject({ id: uuid, audience, email: masked, name: z.string().nullable(), addedAt: instant, changedAt: instant })
  .meta({ id: 'Recipient' });
