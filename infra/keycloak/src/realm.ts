/** A client of the realm: one role, for one tenant or for none. */
export interface RealmClient {
  readonly id: string;
  readonly secret: string;
  readonly role: string;
  readonly tenant?: string;
  /** Of its access tokens; default: the realm's. */
  readonly lifespanSeconds?: number;
}

/** Heed's roles, as realm roles of the same names. */
const ROLES = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor', 'agent', 'service'];
const LONGEST_TOKEN_SECONDS = 900;

const inAccessTokens = { 'access.token.claim': 'true', 'id.token.claim': 'false', 'userinfo.token.claim': 'false' };
const mapper = (name: string, protocolMapper: string, config: Record<string, string>) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper,
  config: { ...inAccessTokens, ...config },
});

/** One scope that every client of Heed has: the audience, the subject, and realm roles as the claim `roles`. */
const HEED_SCOPE = {
  name: 'heed',
  protocol: 'openid-connect',
  attributes: { 'include.in.token.scope': 'false' },
  protocolMappers: [
    mapper('subject', 'oidc-sub-mapper', {}),
    mapper('audience', 'oidc-audience-mapper', { 'included.custom.audience': 'heed' }),
    mapper('roles', 'oidc-usermodel-realm-role-mapper', { 'claim.name': 'roles', 'jsonType.label': 'String', multivalued: 'true' }),
  ],
};

/** A realm that a Keycloak imports at its start; docs/identity.md says the same in words. */
export function realmOf(clients: readonly RealmClient[]): object {
  return {
    realm: 'heed',
    enabled: true,
    accessTokenLifespan: LONGEST_TOKEN_SECONDS,
    roles: { realm: ROLES.map((name) => ({ name })) },
    clientScopes: [HEED_SCOPE],
    clients: clients.map(clientOf),
    users: clients.map(({ id, role }) => ({
      username: `service-account-${id}`.toLowerCase(),
      enabled: true,
      serviceAccountClientId: id,
      realmRoles: [role],
    })),
  };
}

function clientOf({ id, secret, tenant, lifespanSeconds }: RealmClient): object {
  const claim = { 'claim.name': 'tenant', 'claim.value': tenant ?? '', 'jsonType.label': 'String' };
  return {
    clientId: id,
    secret,
    enabled: true,
    publicClient: false,
    standardFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: true,
    defaultClientScopes: ['heed'],
    attributes: lifespanSeconds === undefined ? {} : { 'access.token.lifespan': String(lifespanSeconds) },
    protocolMappers: tenant === undefined ? [] : [mapper('tenant', 'oidc-hardcoded-claim-mapper', claim)],
  };
}
