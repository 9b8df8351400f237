import type { KafkaSettings } from '@heed/config';
import { isHeedError } from '@heed/kernel';
import kafkajs from 'kafkajs';
import type { AclEntry } from 'kafkajs';
import { createAcls, deleteAcls, entryOf, keyOf, listAcls } from './acls.js';
import { settled, withAdmin } from './admin.js';
import { declaredAccess } from './declaration.js';
import type { AccessNames, DeclaredAccess } from './declaration.js';
import type { KafkaSecrets } from './secrets.js';
import { KafkaUsers } from './users.js';

const { AclPermissionTypes } = kafkajs;

export interface AccessOptions extends AccessNames {
  /** Where passwords are kept. Without it only rights are set: the users are somebody else's, who log in by certificate, say. */
  readonly secrets?: KafkaSecrets;
}

export interface AppliedAccess {
  /** Users that were made, or got the password that their keeper holds. */
  readonly users: readonly string[];
  readonly granted: number;
  readonly revoked: number;
}

/**
 * Makes the users and rights of infra/kafka/access.yaml true for the services and for these tenants: what is missing is
 * granted, what these users may do beyond the declaration is revoked. Rights of other tenants and of strangers to the
 * declaration are left alone. Idempotent; killed anywhere, the next run finishes.
 *
 * @param admin settings of a user who may alter the cluster
 */
export async function applyAccess(admin: KafkaSettings, tenants: readonly string[], options: AccessOptions = {}): Promise<AppliedAccess> {
  const declared = await declaredAccess(tenants, options);
  const { secrets } = options;
  const users = secrets ? await makeUsers(admin, declared, secrets) : [];
  return withAdmin(admin, async (client) => {
    const present = await listAcls(client);
    const wanted = new Map(declared.rules.map((rule) => [keyOf(entryOf(rule)), entryOf(rule)]));
    const owned = present.filter((entry) => ownedBy(entry, declared, tenants, options.prefix ?? ''));
    const stale = owned.filter((entry) => !wanted.has(keyOf(entry)));
    const known = new Set(present.map(keyOf));
    const missing = [...wanted].filter(([key]) => !known.has(key));
    await createAcls(client, missing.map(([, entry]) => entry));
    await deleteAcls(client, stale);
    await settled(async () => {
      const now = new Set((await listAcls(client)).map(keyOf));
      return missing.every(([key]) => now.has(key)) && !stale.some((entry) => now.has(keyOf(entry)));
    });
    return { users, granted: missing.length, revoked: stale.length };
  });
}

/**
 * Takes from Kafka whatever names this tenant: rights of its users and of services to its topics, the users, their
 * passwords. Its topics are another's to delete. Idempotent.
 */
export async function removeAccess(admin: KafkaSettings, tenant: string, options: AccessOptions = {}): Promise<void> {
  const before = options.prefix ?? '';
  const { users } = await tenantUsers(tenant, options);
  await withAdmin(admin, async (client) => {
    const naming = async () =>
      (await listAcls(client)).filter((entry) => users.includes(userOf(entry)) || entry.resourceName.startsWith(`${before}heed.t.${tenant}.`));
    await deleteAcls(client, await naming());
    await settled(async () => (await naming()).length === 0);
  });
  const { secrets } = options;
  if (!secrets) return;
  await KafkaUsers.with(admin, async (list) => {
    await list.remove(users);
    await settled(async () => (await list.existing(users)).size === 0);
  });
  for (const user of users) secrets.forget(user);
}

/** What of a tenant is still there: nothing, after `removeAccess`. */
export async function accessLeft(admin: KafkaSettings, tenant: string, options: AccessOptions = {}): Promise<readonly string[]> {
  const { users } = await tenantUsers(tenant, options);
  const start = `${options.prefix ?? ''}heed.t.${tenant}.`;
  const rights = await withAdmin(admin, async (client) =>
    (await listAcls(client)).filter((entry) => users.includes(userOf(entry)) || entry.resourceName.startsWith(start)),
  );
  const logins = options.secrets ? await KafkaUsers.with(admin, (list) => list.existing(users)) : new Set<string>();
  return [...rights.map((entry) => `right of ${userOf(entry)} on ${entry.resourceName}`), ...[...logins].map((user) => `user ${user}`)];
}

/**
 * Gives a user another password. Who uses the former one is refused at the next login; sessions that are open end when
 * the broker asks again (`connections.max.reauth.ms`).
 */
export async function rotateSecret(admin: KafkaSettings, user: string, secrets: KafkaSecrets): Promise<void> {
  await setPasswords(admin, new Map([[user, secrets.next(user)]]));
  secrets.settle(user);
}

async function makeUsers(admin: KafkaSettings, declared: DeclaredAccess, secrets: KafkaSecrets): Promise<readonly string[]> {
  const existing = await KafkaUsers.with(admin, (list) => list.existing(declared.users));
  const changing = declared.users.filter((user) => secrets.isChanging(user));
  const missing = declared.users.filter((user) => !(existing.has(user) && secrets.has(user)) && !changing.includes(user));
  await setPasswords(admin, new Map([...changing.map((user) => [user, secrets.next(user)] as const), ...missing.map((user) => [user, secrets.of(user)] as const)]));
  for (const user of changing) secrets.settle(user);
  return [...changing, ...missing];
}

/** Returns once the passwords count: the brokers take them over in order, so the last one tells of all. */
async function setPasswords(admin: KafkaSettings, passwords: ReadonlyMap<string, string>): Promise<void> {
  const last = [...passwords].at(-1);
  if (!last) return;
  await KafkaUsers.with(admin, (users) => users.set(passwords));
  const [username, password] = last;
  const login: KafkaSettings = { ...admin, sasl: { mechanism: 'scram-sha-512', username, password } };
  await settled(async () =>
    KafkaUsers.with(login, async () => true).catch((error: unknown) => {
      if (!(isHeedError(error) && error.code === 'kafka_login_refused')) throw error;
      return false;
    }),
  );
}

/**
 * A service's right to a topic of a tenant that is not meant now is none of this run's business, and what an operator
 * forbids stays forbidden.
 */
function ownedBy(entry: AclEntry, declared: DeclaredAccess, tenants: readonly string[], prefix: string): boolean {
  if (!declared.users.includes(userOf(entry)) || entry.permissionType !== AclPermissionTypes.ALLOW) return false;
  const named = entry.resourceName.startsWith(`${prefix}heed.t.`) ? entry.resourceName.slice(`${prefix}heed.t.`.length).split('.')[0] : undefined;
  return named === undefined || tenants.includes(named);
}

async function tenantUsers(tenant: string, options: AccessOptions): Promise<{ users: readonly string[] }> {
  const [withTenant, without] = [await declaredAccess([tenant], options), await declaredAccess([], options)];
  return { users: withTenant.users.filter((user) => !without.users.includes(user)) };
}

const userOf = (entry: AclEntry): string => entry.principal.replace(/^User:/, '');
