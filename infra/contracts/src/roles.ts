import { ACCESS, ROLES, STEP_UP } from '@heed/auth';
import type { Role } from '@heed/auth';

/** What each role is for. */
const PURPOSE: Readonly<Record<Role, string>> = {
  platform: "a tenant's own systems: they record decisions, ask for checks, open requests",
  analyst: 'works requests: verifies who somebody is, extends, closes',
  dpo: 'the privacy officer: approves erasures, places and releases holds, publishes policies',
  'tenant-admin': "a tenant's administrator: stores, policies, who is told of changes",
  operator: 'runs the installation: state of dispatches and stores, nobody behind them',
  auditor: 'reads evidence, changes nothing',
  agent: "Heed's own: a store agent",
  service: "Heed's own: one service calling another; the origin routes none of it",
};

/** The access matrix as a page: who may call what. */
export function rolesPage(): string {
  const routes = Object.entries(ACCESS).map(([route, allowed]) => {
    const [method = '', path = ''] = route.split(' ');
    return { method, path: path.replaceAll(/:(\w+)/g, '{$1}'), allowed };
  });
  routes.sort((one, other) => one.path.localeCompare(other.path, 'en') || one.method.localeCompare(other.method, 'en'));
  const mark = (allowed: readonly Role[] | 'public', role: Role): string => (allowed !== 'public' && allowed.includes(role) ? '✓' : '');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Roles',
    '',
    'Made from the access matrix (`libs/auth/src/roles.ts`) by `npm run generate`; do not edit. A route that is not in the matrix is served to',
    'nobody: a service that has one does not start.',
    '',
    row(['role', 'for']),
    row(['---', '---']),
    ...ROLES.map((role) => row([`\`${role}\``, PURPOSE[role]])),
    '',
    '## Who may call what',
    '',
    row(['call', ...ROLES]),
    row(['---', ...ROLES.map(() => ':-:')]),
    ...routes.filter(({ allowed }) => allowed !== 'public').map(({ method, path, allowed }) => row([`\`${method} ${path}\``, ...ROLES.map((role) => mark(allowed, role))])),
    '',
    '## What needs a step-up',
    '',
    'Beside the token, a fresh proof of presence by WebAuthn for this act and this resource alone; see [step-up](step-up.md).',
    '',
    row(['call', 'act', 'the resource is']),
    row(['---', '---', '---']),
    ...Object.entries(STEP_UP).map(([route, { act, resource }]) => row([`\`${route.replaceAll(/:(\w+)/g, '{$1}')}\``, `\`${act}\``, resource === 'tenant' ? 'the tenant' : `\`${resource}\``])),
    '',
    '## Without a token',
    '',
    ...routes.filter(({ allowed }) => allowed === 'public').map(({ method, path }) => `- \`${method} ${path}\``),
    '',
  ].join('\n');
}
