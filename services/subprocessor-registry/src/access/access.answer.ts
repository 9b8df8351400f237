import { ROLES } from '@heed/auth';
import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

const subject = z.string().describe("The identity provider's opaque id of whoever it is, or a keyed hash where that one named a person.");
const client = z.string().describe('The program: `client_id` at the identity provider.');
const role = z.enum(ROLES);

export const sessionAnswer = z
  .strictObject({
    id: uuid,
    holderId: uuid,
    subject,
    applicationId: uuid,
    client,
    signIn: z.boolean().describe("A sign-in at the identity provider (`sid`); else all of the program's tokens for this subject."),
    current: z.boolean().describe('The session of the token that asks.'),
    state: z.enum(['active', 'ended', 'revoked']),
    firstSeen: instant,
    lastSeen: instant,
    expiresAt: instant.describe('When the last token that was seen ends.'),
  })
  .meta({ id: 'Session' });

export const applicationAnswer = z
  .strictObject({
    id: uuid,
    client,
    roles: z.array(role),
    state: z.enum(['active', 'revoked']),
    revokedAt: instant.nullable(),
    rotatedAt: instant.nullable().describe('Its tokens issued until then are dead; null where there can be none left.'),
    firstSeen: instant,
    lastSeen: instant,
  })
  .meta({ id: 'Application' });

export const rotationAnswer = z
  .strictObject({
    ...applicationAnswer.shape,
    next: z.string().describe('What is left to do at the identity provider, which alone knows the secret.'),
  })
  .meta({ id: 'Rotation' });

export const roleHolderAnswer = z
  .strictObject({
    id: uuid,
    subject,
    roles: z.array(z.strictObject({ role, since: instant, lastSeen: instant, revokedAt: instant.nullable() })),
  })
  .meta({ id: 'RoleHolder' });

export const refusalAnswer = z
  .strictObject({
    id: uuid,
    minute: instant.describe('Counted from here, for a minute.'),
    service: z.string(),
    route: z.string().describe('Method and route; `other` sums up what was too various to be told apart.'),
    code: z.string(),
    holderId: uuid.nullable().describe('Whose token it was; null where there was none.'),
    count: z.int().min(1),
  })
  .meta({ id: 'Refusal' });
