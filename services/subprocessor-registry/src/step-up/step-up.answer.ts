import { namesAPerson, SOFTWARE_KEY_LABEL, STEP_UP, STEP_UP_METHODS } from '@heed/auth';
import { instant, uuid } from '@heed/kernel';
import { z } from 'zod';

const base64url = (max: number) => z.string().max(max).regex(/^[A-Za-z0-9_-]+$/);
const acts = [...new Set(Object.values(STEP_UP).map(({ act }) => act))];
/** It stands in ledgers, where no personal data may. */
const opaque = z.string().min(1).max(200).refine((text) => uuid.safeParse(text).success || !namesAPerson(text), {
  error: 'is an email address or a phone number: use the id under which GET /v1/role-holders knows the person',
});

export const enrolmentBody = z
  .strictObject({ subject: opaque.describe("The `sub` of the person's access token; where that names a person, the `subject` under which `/v1/role-holders` knows them.") })
  .meta({ id: 'NewEnrolment' });
export const optionsBody = z.strictObject({ code: z.string().min(1).max(200) }).meta({ id: 'EnrolmentCode' });
export const stepUpBody = z.strictObject({ act: z.enum(acts), resource: opaque }).meta({ id: 'NewStepUp' });

/** What a browser's `credential.toJSON()` has (WebAuthn level 3); members that are not known are left aside. */
const credential = { id: base64url(1400), rawId: base64url(1400), type: z.literal('public-key'), clientExtensionResults: z.object({}) };
const transports = z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])).max(10);
export const registrationBody = z
  .strictObject({
    id: uuid.describe('Of the answer with the options.'),
    credential: z.object({
      ...credential,
      response: z.object({ clientDataJSON: base64url(8192), attestationObject: base64url(65_536), transports: transports.optional() }),
    }),
  })
  .meta({ id: 'NewAuthenticator' });
export const completionBody = z
  .strictObject({
    assertion: z.object({
      ...credential,
      response: z.object({
        clientDataJSON: base64url(8192),
        authenticatorData: base64url(8192),
        signature: base64url(2048),
        userHandle: z.string().max(200).nullish(),
      }),
    }),
  })
  .meta({ id: 'StepUpCompletion' });

const options = z.looseObject({ challenge: z.string() }).describe('For `navigator.credentials`, as WebAuthn has it in JSON.');
const label = z.literal(SOFTWARE_KEY_LABEL).optional().describe('Only where the authenticator is a file and no device.');
const method = z.enum(STEP_UP_METHODS);

export const enrolmentAnswer = z
  .strictObject({ id: uuid, subject: z.string(), code: z.string().describe('Told once; hand it to the person and to nobody else.'), expiresAt: instant })
  .meta({ id: 'Enrolment' });
export const optionsAnswer = z.strictObject({ id: uuid, options, expiresAt: instant }).meta({ id: 'EnrolmentOptions' });
export const authenticatorAnswer = z
  .strictObject({
    id: uuid,
    subject: z.string(),
    credentialId: z.string(),
    method,
    label,
    state: z.enum(['active', 'suspect', 'revoked']).describe('`suspect`: its counter went back, so there may be a copy; it is not taken any more.'),
    registeredAt: instant,
    lastUsedAt: instant.nullable(),
    revokedAt: instant.nullable(),
    revokedBy: z.string().nullable(),
  })
  .meta({ id: 'Authenticator' });
export const stepUpAnswer = z.strictObject({ id: uuid, act: z.string(), resource: z.string(), options, expiresAt: instant }).meta({ id: 'StepUp' });
export const stepUpTokenAnswer = z
  .strictObject({ token: z.string().describe('For the header `Heed-Step-Up` of the act.'), method, label, expiresAt: instant })
  .meta({ id: 'StepUpToken' });
export const stepUpKeysAnswer = z
  .strictObject({
    keys: z.array(z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string(), alg: z.literal('EdDSA'), use: z.literal('sig') })),
  })
  .meta({ id: 'StepUpKeys' });
