/** Names of databases, schemas and roles, in one place. */
export function databaseName(service: string): string {
  return `heed_${service.replaceAll('-', '_')}`;
}
export const SHARED_SCHEMA = 'heed';
export const tenantSchema = (tenant: string): string => `t_${tenant}`;
export const ownerRole = (database: string): string => `${database}_owner`;
/** The group of all tenant roles of a service: what they may do with the shared tables. */
export const tenantsRole = (database: string): string => `${database}_tenants`;
export const tenantRole = (database: string, tenant: string): string => `${database}_t_${tenant}`;

export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
