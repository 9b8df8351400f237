/** SQLSTATE classes that pass by themselves: connection, resources, operator intervention, serialization, lock time-out. */
const TRANSIENT = /^(08|53|57|40|55P03|25006)/;
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isTransientPgError(error: unknown): boolean {
  const code = sqlState(error);
  if (code && (NETWORK.has(code) || (code.length === 5 && TRANSIENT.test(code)))) return true;
  return error instanceof Error && /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message);
}

export const UNIQUE_VIOLATION = '23505';
/** By a function of the database's own, with RAISE EXCEPTION. */
export const RAISED = 'P0001';
