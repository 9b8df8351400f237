import { Option } from 'commander';

/** Which organisation is meant; the first of the five where nothing is said. */
export function tenantOption(): Option {
  return new Option('-t, --tenant <id>', 'the tenant').default('ajuni');
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON');
}

export interface TenantOptions {
  readonly tenant: string;
  readonly json?: boolean;
}

/** The example that every command's help ends with. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
