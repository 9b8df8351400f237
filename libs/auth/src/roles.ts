/** The roles of people and machines. `service` and `agent` are Heed's own; a person never holds them. */
export const ROLES = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor', 'agent', 'service'] as const;
export type Role = (typeof ROLES)[number];

const READERS = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor'] as const;
const VERIFIERS = ['dpo', 'auditor', 'operator', 'tenant-admin'] as const;
const CASEWORK = ['analyst', 'dpo'] as const;

/**
 * Who may call what: method and route, as the router knows it. What is not here is served to nobody, and `public`
 * routes are the only ones that ask for no token.
 */
export const ACCESS: Readonly<Record<string, readonly Role[] | 'public'>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'public', // on the service's own port only; the origin does not route it
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/:asset': 'public',
  'GET /r/:token': 'public',
  'GET /u/:token': 'public',
  'POST /u/:token': 'public',
  'POST /u/:token/choices': 'public',
  'POST /u/:token/withdraw-all': 'public',
  'GET /u/:token/receipts': 'public',
  'POST /u/:token/receipts': 'public',
  'GET /.well-known/gpc.json': 'public',

  'POST /v1/consents': ['platform'],
  'POST /v1/consents/batch': ['platform'],
  'GET /v1/consents/export': ['dpo', 'operator'],
  'GET /v1/consents': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/consents/state-key': ['platform'],
  'POST /v1/consents/state-rebuild': ['operator', 'tenant-admin'],
  'GET /v1/consents/state-rebuild': ['platform', 'operator', 'tenant-admin'],
  'POST /v1/consents/check': ['platform', 'analyst', 'dpo'],
  'POST /v1/withdrawals': ['platform', 'analyst', 'dpo'],
  'GET /v1/consents/:id/certificate': ['platform', 'analyst', 'dpo', 'auditor'],
  'POST /v1/consents/:id/invalidate': ['dpo'],
  'GET /v1/withdrawals/:id/certificate': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/subjects/:ref': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/subjects/:ref/identity': ['platform', 'analyst', 'dpo', 'auditor'],
  'POST /v1/subjects/:ref/identifiers': ['platform', 'dpo'],
  'POST /v1/subjects/:ref/identifiers/unlink': ['platform', 'dpo'],
  'POST /v1/subjects/:ref/merge': ['platform', 'dpo'], // duplicates are found where accounts are kept; a merge only makes stricter
  'POST /v1/subjects/:ref/split': ['platform', 'dpo'],
  'GET /v1/subjects/:ref/receipts': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/subjects/:ref/receipts/:recordId': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/subjects/:ref/register': ['platform', 'analyst', 'dpo', 'auditor'],
  'GET /v1/purposes': READERS,
  'GET /v1/purposes/notices/:id': READERS,
  'GET /v1/children': ['dpo'],
  'POST /v1/campaigns': ['dpo'],
  'GET /v1/campaigns': ['platform', 'dpo', 'auditor'],
  'GET /v1/campaigns/:id': ['platform', 'dpo', 'auditor'],
  'GET /v1/campaigns/:id/people': ['platform', 'dpo'],
  'POST /v1/campaigns/:id/asked': ['platform', 'dpo'],
  'POST /v1/consents/may-ask': ['platform', 'dpo'],
  'POST /v1/children/:ref/resolve': ['dpo'],
  'POST /v1/cookies/gate': ['platform'],
  'POST /v1/cookie-domains': ['platform', 'tenant-admin'],
  'GET /v1/cookie-domains': READERS,
  'GET /v1/cookie-domains/:domain': READERS,
  'POST /v1/signals/visits': ['platform'],
  'GET /v1/signals/visits': ['platform', 'analyst', 'dpo', 'auditor'],
  'POST /v1/subjects/:ref/links': ['platform', 'dpo'],
  'POST /v1/links': ['platform', 'dpo'],
  'POST /v1/signals/gpc': ['platform'],
  'POST /v1/consents/sync': ['platform'],

  'POST /v1/requests': ['platform', 'analyst', 'dpo'],
  'GET /v1/requests': [...CASEWORK, 'auditor', 'platform'],
  'GET /v1/requests/:id': [...CASEWORK, 'auditor', 'platform'],
  'GET /v1/requests/:id/certificate': [...CASEWORK, 'auditor', 'platform'],
  'POST /v1/requests/:id/verify': CASEWORK,
  'POST /v1/requests/:id/extend': CASEWORK,
  'POST /v1/requests/:id/approve': ['dpo'],
  'POST /v1/requests/:id/confirm-person': ['dpo'],
  'POST /v1/requests/:id/refuse': ['dpo'],
  'POST /v1/requests/:id/close': CASEWORK,

  'POST /v1/holds': ['dpo'],
  'GET /v1/holds': [...CASEWORK, 'auditor'],
  'GET /v1/holds/:id': [...CASEWORK, 'auditor'],
  'POST /v1/holds/:id/release': ['dpo'],
  'GET /v1/schedules': READERS,

  'GET /v1/dispatches': [...CASEWORK, 'auditor', 'platform', 'operator'],
  'GET /v1/dispatches/:id': [...CASEWORK, 'auditor', 'platform', 'operator'],

  'GET /v1/tenant': READERS,
  'POST /v1/tenant/close': ['tenant-admin'],
  'POST /v1/tenant/reopen': ['tenant-admin'],
  'POST /v1/data-stores': ['agent', 'tenant-admin'],
  'GET /v1/data-stores': [...READERS, 'agent'],
  'GET /v1/data-stores/:id': [...READERS, 'agent'],
  'GET /v1/data-stores/:id/keys': [...READERS, 'agent'],
  'POST /v1/data-stores/:id/keys/:kid/revoke': ['tenant-admin', 'dpo'],
  'GET /v1/data-map': READERS,
  'POST /v1/policies': ['tenant-admin', 'dpo'],
  'GET /v1/policies': READERS,
  'GET /v1/policies/:version': READERS,
  'GET /v1/promises': READERS,
  'GET /v1/subprocessors': READERS,

  'GET /v1/messages': [...CASEWORK, 'auditor', 'tenant-admin'],
  'GET /v1/messages/:id': [...CASEWORK, 'auditor', 'tenant-admin'],
  'GET /v1/notices': READERS,
  'GET /v1/notices/:id': READERS,
  'GET /v1/notices/:id/certificate': READERS,
  'GET /v1/notices/recipients': ['tenant-admin', 'dpo'],
  'POST /v1/notices/recipients': ['tenant-admin'],
  'POST /v1/notices/recipients/:id/erase': ['tenant-admin'],

  'GET /v1/ledger/:owner': VERIFIERS,
  'GET /v1/ledger/:owner/checkpoints': VERIFIERS,
  'GET /v1/ledger/:owner/records': VERIFIERS,
  'GET /v1/ledger/:owner/tiles/:level/:index': VERIFIERS,
  'GET /v1/ledger/:owner/inclusion': VERIFIERS,
  'GET /v1/ledger/:owner/consistency': VERIFIERS,

  'GET /v1/sessions': READERS, // one's own; everybody's for tenant-admin, dpo and auditor
  'POST /v1/sessions/:id/revoke': READERS, // one's own; a tenant-admin or dpo, anybody's
  'GET /v1/applications': ['tenant-admin', 'dpo', 'auditor'],
  'POST /v1/applications/:id/revoke': ['tenant-admin', 'dpo'],
  'POST /v1/applications/:id/restore': ['tenant-admin'],
  'POST /v1/applications/:id/rotate': ['tenant-admin', 'dpo'],
  'GET /v1/role-holders': ['tenant-admin', 'dpo', 'auditor'],
  'POST /v1/role-holders/:id/revoke': ['tenant-admin', 'dpo'],
  'POST /v1/role-holders/:id/restore': ['tenant-admin'],
  'GET /v1/access-reviews': ['tenant-admin', 'dpo', 'auditor'],
  'GET /v1/access-reviews/:id': ['tenant-admin', 'dpo', 'auditor'],
  'POST /v1/access-reviews/:id/entries/:entryId/decide': ['tenant-admin', 'dpo'],
  'GET /v1/refusals': ['tenant-admin', 'dpo', 'auditor'],

  'POST /v1/authenticators/enrolments': ['tenant-admin'],
  'POST /v1/authenticators/options': READERS,
  'POST /v1/authenticators': READERS,
  'GET /v1/authenticators': READERS,
  'POST /v1/authenticators/:id/revoke': READERS, // one's own; a tenant-admin, anybody's
  'POST /v1/step-ups': READERS,
  'POST /v1/step-ups/:id/complete': READERS,

  'GET /internal/step-up-keys': ['service'],
  'POST /internal/resolve': ['service'],
  'POST /internal/seal': ['service'],
  'POST /internal/contacts': ['service'],
  'POST /internal/links': ['service'],
};

/** What a person proves their presence for: one act, on one thing. */
export interface GuardedAct {
  /** Stable name, e.g. `request.approve`. */
  readonly act: string;
  /** Where the call names the thing: a path parameter, else a member of the body, or `tenant` where it is all of it. */
  readonly resource: string;
}

/**
 * Calls that need a fresh step-up beside a token (AJU-48, AJU-49): what is done by them cannot be undone, or decides who
 * may do it. A token alone, stolen or left open, is not enough for any of them.
 */
export const STEP_UP: Readonly<Record<string, GuardedAct>> = {
  'POST /v1/requests/:id/approve': { act: 'request.approve', resource: 'id' },
  'POST /v1/requests/:id/confirm-person': { act: 'request.confirm_person', resource: 'id' },
  'POST /v1/holds/:id/release': { act: 'hold.release', resource: 'id' },
  'POST /v1/data-stores/:id/keys/:kid/revoke': { act: 'store_key.revoke', resource: 'kid' },
  'POST /v1/applications/:id/restore': { act: 'application.restore', resource: 'id' },
  'POST /v1/role-holders/:id/revoke': { act: 'role.revoke', resource: 'id' },
  // not the same: a proof that was given to take a role away must not give one back
  'POST /v1/role-holders/:id/restore': { act: 'role.restore', resource: 'id' },
  'POST /v1/tenant/close': { act: 'tenant.close', resource: 'tenant' },
  'POST /v1/tenant/reopen': { act: 'tenant.reopen', resource: 'tenant' },
  'POST /v1/authenticators/enrolments': { act: 'authenticator.enrol', resource: 'subject' },
};
