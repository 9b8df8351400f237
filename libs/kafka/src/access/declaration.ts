import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '@heed/config';
import { tenantId } from '@heed/kernel';
import { parse } from 'yaml';
import { z } from 'zod';
import { declaredTopics } from '../topics.js';

/** A prefix that does not end with a dot would also fit longer names: `acme` is the beginning of `acme2`. */
const prefix = z.string().regex(/\.$/, 'a prefix ends with a dot');

const principal = z.strictObject({
  name: z.string(),
  read: z.array(z.string()).default([]),
  write: z.array(z.string()).default([]),
  /** May write to `<topic>.dlq` of each topic it reads, where there is one. */
  deadLetters: z.boolean().default(false),
  groups: z.array(prefix).default([]),
  transactions: z.array(prefix).default([]),
});
type Principal = z.output<typeof principal>;

const declaration = z.strictObject({ admin: z.string(), principals: z.array(principal) });

export const accessFile = path.join(import.meta.dirname, '../../../../infra/kafka/access.yaml');

/** Would own the groups of Heed's services and agents, which begin with it. */
const RESERVED = ['heed'];

/** One right of one user. Reading and writing a topic includes seeing that it is there. */
export interface AccessRule {
  readonly user: string;
  readonly operation: 'read' | 'write';
  readonly resource: 'topic' | 'group' | 'transaction';
  readonly name: string;
  /** `literal`: that name alone; `prefixed`: all that begin with it. */
  readonly pattern: 'literal' | 'prefixed';
}

export interface DeclaredAccess {
  readonly admin: string;
  readonly users: readonly string[];
  readonly rules: readonly AccessRule[];
}

export interface AccessNames {
  /** Of every topic, group and user, where several installations share a cluster. */
  readonly prefix?: string;
  readonly file?: string;
}

/**
 * The users and rights of an installation.
 * @param tenants fill `{tenant}`
 * @throws ConfigError for a tenant whose id would reach into another's names
 */
export async function declaredAccess(tenants: readonly string[], names: AccessNames = {}): Promise<DeclaredAccess> {
  for (const tenant of tenants) {
    if (!tenantId.safeParse(tenant).success || RESERVED.includes(tenant)) throw new ConfigError(`${tenant} cannot be the id of a tenant on Kafka`);
  }
  const { admin, principals } = declaration.parse(parse(await readFile(names.file ?? accessFile, 'utf8')));
  const topics = new Set((await declaredTopics(tenants)).map(({ topic }) => topic));
  const before = names.prefix ?? '';
  const users = principals.flatMap((principal) => usersOf(principal, tenants));
  const rules = users.flatMap(({ principal, user, own }) => {
    const fill = (texts: readonly string[]) => texts.flatMap((text) => (text.includes('{tenant}') ? own.map((tenant) => text.replaceAll('{tenant}', tenant)) : [text]));
    const rule = (operation: AccessRule['operation'], resource: AccessRule['resource'], pattern: AccessRule['pattern']) => (name: string): AccessRule =>
      ({ user: before + user, operation, resource, name: before + name, pattern });
    const read = fill(principal.read);
    const buried = principal.deadLetters ? read.map((topic) => `${topic}.dlq`).filter((topic) => topics.has(topic)) : [];
    return [
      ...read.map(rule('read', 'topic', 'literal')),
      ...[...fill(principal.write), ...buried].map(rule('write', 'topic', 'literal')),
      ...fill(principal.groups).map(rule('read', 'group', 'prefixed')),
      ...fill(principal.transactions).map(rule('write', 'transaction', 'prefixed')),
    ];
  });
  return { admin: before + admin, users: users.map(({ user }) => before + user), rules };
}

/** A service has one user for all tenants; what stands for a tenant has one user each, who has that tenant's names alone. */
function usersOf(principal: Principal, tenants: readonly string[]): readonly { principal: Principal; user: string; own: readonly string[] }[] {
  if (!principal.name.includes('{tenant}')) return [{ principal, user: principal.name, own: tenants }];
  return tenants.map((tenant) => ({ principal, user: principal.name.replaceAll('{tenant}', tenant), own: [tenant] }));
}

/** The user of a service, of a tenant's agents, of a tenant's platform team. */
export const kafkaUser = {
  admin: 'heed-admin',
  service: (service: string): string => `heed-${service}`,
  agent: (tenant: string): string => `agent-${tenant}`,
  platform: (tenant: string): string => `platform-${tenant}`,
} as const;
