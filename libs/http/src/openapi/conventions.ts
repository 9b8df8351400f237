import type { JsonSchema } from './schemas.js';

/** What holds for all calls, said at the head of every document. */
export const CONVENTIONS = `**Tokens.** Every call but the public ones takes an OIDC access token, \`Authorization: Bearer …\`, that the configured issuer
signed for the audience \`heed\`. Programs get theirs by OAuth 2 client credentials; the embedded start prints one with \`heed token\`. The token's
claim \`tenant\` says whose data is meant, no path or body can; \`roles\` decides what it may do, and every call names the roles of which one is needed (\`x-roles\`).

**Step-ups.** Acts that cannot be undone take, beside the token, a fresh proof of presence by WebAuthn: \`POST /v1/step-ups\` for the act and the resource
that \`x-step-up\` names, then the token of its completion in the header \`Heed-Step-Up\`. It is for this person, this act and this resource, lives two minutes
and counts once; without it the answer is 401 with a \`code\` that begins with \`step_up\`.

**People** are named by \`subject\`: identifiers, which are normalised before they are matched, or the \`ref\` that an answer gave. No identifier ever
stands in a URL. \`x-privacy\` says what a member tells of people: \`personal\`, \`sealed\`, \`pseudonymous\`, \`organisational\` or \`none\`.

**Forms.** JSON in UTF-8; members that are not known are refused. Times are RFC 3339 in UTC, durations ISO 8601 (\`P30D\`; \`P2BD\` for business days).

**Errors** are problem details (RFC 9457) with a stable \`code\`; where a policy says no, \`promise\` is the sentence of it that does. What answers 503 has
\`Retry-After\` and may be tried again unchanged.

**Once.** A POST with an \`Idempotency-Key\` does its work once in seven days: the same key and body get the same answer, the same key with another
body is refused as \`idempotency_key_reused\`.

**Limits.** Too many calls of one token's subject, or too many from one address without a valid token, are answered 429 with \`Retry-After\`; each replica counts for itself.

**Lists** come in pages: hand \`nextCursor\` back as \`cursor\` until it is null. Answers may gain members; ignore those you do not know.`;

const problem = (description: string, more: JsonSchema = {}): JsonSchema => ({
  description,
  ...more,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});
const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({ headers: { [name]: { description, required: true, schema } } });

/** Refusals that most calls share. */
export const RESPONSES: Readonly<Record<string, JsonSchema>> = {
  Malformed: problem('The call cannot be read: `body_invalid` with a pointer to every mistake, `json_malformed`, `cursor_malformed`, `idempotency_key_malformed`, `value_out_of_range`, `http_415` …'),
  Unauthenticated: problem('`token_missing`, `token_expired`, `token_revoked`, or `token_invalid`: for others, not signed by the issuer, or of a longer life than the policy allows.', header('WWW-Authenticate', 'The scheme to use.', { type: 'string', pattern: '^Bearer' })),
  StepUp: problem(
    'As for every call, or `step_up_required`, `step_up_expired`, `step_up_invalid` (not signed by Heed, of somebody else, for another act or another thing), `step_up_used`, `step_up_too_weak`. `stepUp` says what to ask for.',
    header('WWW-Authenticate', 'The scheme to use; RFC 9470 where a step-up is missing.', { type: 'string', pattern: '^Bearer' }),
  ),
  Forbidden: problem('`role_missing`, `tenant_missing`, `tenant_unknown` or `tenant_closed`: the token does not allow this call.'),
  TooMany: problem(
    '`token_rate_exceeded`: too many calls of this token subject; `address_rate_exceeded`: too many from this address without a valid token.',
    header('Retry-After', 'Seconds to wait.', { type: 'string', pattern: '^[0-9]+$' }),
  ),
  TooLarge: problem('`body_too_large`: more than 1 MiB.'),
  Unavailable: problem(
    'Something that this call needs is away or not ready yet, e.g. `database_unavailable`, `schema_behind`, `ledger_behind`, `keys_behind`, `keys_missing`, `keys_unavailable`, `policy_not_ready`, `data_map_not_ready`. Try again.',
    header('Retry-After', 'Seconds to wait.', { type: 'string', pattern: '^[0-9]+$' }),
  ),
};

export const PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Chosen by the caller, a UUID for example: a repeated call with it gets the first answer and does nothing twice.',
    schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
  },
  StepUp: {
    name: 'Heed-Step-Up',
    in: 'header',
    description: 'The token of a completed step-up for this act and this resource; it counts once.',
    schema: { type: 'string', maxLength: 4096 },
  },
  Tenant: {
    name: 'x-heed-tenant',
    in: 'header',
    required: true,
    description: "Whose data is meant; only tokens of Heed's own services leave it to this header.",
    schema: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,30}[a-z0-9]$' },
  },
};

export const SECURITY: Readonly<Record<string, JsonSchema>> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An access token of the configured OIDC issuer for the audience `heed`, of at most 15 minutes, with the claims `tenant` and `roles`.',
  },
};
