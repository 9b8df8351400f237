import kafkajs from 'kafkajs';
import type { AclEntry, Admin } from 'kafkajs';
import type { AccessRule } from './declaration.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const OPERATION = { read: AclOperationTypes.READ, write: AclOperationTypes.WRITE } as const;
const RESOURCE = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP, transaction: AclResourceTypes.TRANSACTIONAL_ID } as const;
const PATTERN = { literal: ResourcePatternTypes.LITERAL, prefixed: ResourcePatternTypes.PREFIXED } as const;

/** The brokers take 10,000 records at once at most. */
const AT_ONCE = 2000;

export const entryOf = (rule: AccessRule): AclEntry => ({
  principal: `User:${rule.user}`,
  host: '*',
  operation: OPERATION[rule.operation],
  permissionType: AclPermissionTypes.ALLOW,
  resourceType: RESOURCE[rule.resource],
  resourceName: rule.name,
  resourcePatternType: PATTERN[rule.pattern],
});

/** Two entries are the same where this is. */
export const keyOf = (entry: AclEntry): string =>
  [entry.principal, entry.host, entry.operation, entry.permissionType, entry.resourceType, entry.resourcePatternType, entry.resourceName].join(' ');

/** Every entry that the cluster has, whoever made it. */
export async function listAcls(admin: Admin): Promise<readonly AclEntry[]> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
    acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
  );
}

export async function createAcls(admin: Admin, entries: readonly AclEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += AT_ONCE) await admin.createAcls({ acl: entries.slice(at, at + AT_ONCE) });
}

/** Removes exactly these: a filter with every field set fits one entry. */
export async function deleteAcls(admin: Admin, entries: readonly AclEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += AT_ONCE) await admin.deleteAcls({ filters: entries.slice(at, at + AT_ONCE) });
}
