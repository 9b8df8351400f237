import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { endToEnd } from './forward.js';
import { route } from './routes.js';

describe('the router', () => {
  it.each([
    ['/v1/consents', 'consent'],
    ['/v1/consents/batch', 'consent'],
    ['/v1/withdrawals?x=/v1/requests', 'consent'],
    ['/v1/subjects/sub_1', 'consent'],
    ['/v1/purposes', 'consent'],
    ['/.well-known/gpc.json', 'consent'],
    ['/v1/requests/1/approve', 'dsar'],
    ['/r/token', 'dsar'],
    ['/v1/holds', 'retention'],
    ['/v1/schedules', 'retention'],
    ['/v1/purges', 'retention'],
    ['/v1/data-stores', 'subprocessor-registry'],
    ['/v1/data-map', 'subprocessor-registry'],
    ['/v1/policies/3', 'subprocessor-registry'],
    ['/v1/promises', 'subprocessor-registry'],
    ['/v1/subprocessors', 'subprocessor-registry'],
    ['/v1/tenant/close', 'subprocessor-registry'],
    ['/v1/authenticators/options', 'subprocessor-registry'],
    ['/v1/step-ups/1/complete', 'subprocessor-registry'],
    ['/openapi.json', 'subprocessor-registry'],
    ['/docs', 'subprocessor-registry'],
    ['/docs/swagger-ui.css', 'subprocessor-registry'],
    ['/v1/messages', 'notifications'],
    ['/v1/notices', 'notifications'],
    ['/v1/incidents', 'notifications'],
    ['/u/token', 'consent'],
    ['/u/token/withdraw-all', 'consent'],
    ['/v1/signals/gpc', 'consent'],
    ['/v1/dispatches/con_1', 'consent'],
    ['/v1/dispatches/dsr_1', 'dsar'],
    ['/v1/dispatches/ret_1', 'retention'],
    ['/v1/dispatches?owner=dsar&limit=5', 'dsar'],
    ['/v1/ledger/notifications', 'notifications'],
  ])('sends %s to %s', (path, to) => {
    expect(route(path)).toEqual({ to });
  });

  it.each(['/internal/resolve', '/metrics', '/', '/v1', '/v2/consents', '/v1/consentsx', '/v1/constructor', '/oidc/token', '/v1/ledger/x', '/u/', '/docsx', '/openapi.json/x'])(
    'answers 404 at %s',
    (path) => {
      expect(route(path)).toMatchObject({ refused: 404, code: 'route_unknown' });
    },
  );

  it.each(['/v1/consents/../internal/resolve', '/v1/consents/%2e%2e/x', '/v1/consents/..%2finternal', '//v1/consents', 'http://x/v1/consents', '/v1\\consents'])(
    'refuses %s, which a service could read as another path',
    (path) => {
      expect(route(path)).toMatchObject({ refused: 400, code: 'path_malformed' });
    },
  );

  it('asks whose dispatches a list is to show, and knows no other owner of ids', () => {
    expect(route('/v1/dispatches')).toMatchObject({ refused: 400, code: 'owner_required' });
    expect(route('/v1/dispatches/xyz_1')).toMatchObject({ refused: 404, code: 'dispatch_unknown' });
  });

  it('finds the service of every call that the merged document promises', () => {
    const file = path.join(import.meta.dirname, '../../../../docs/openapi.json');
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, { 'x-services': string[] }>> };
    for (const [template, operations] of Object.entries(paths)) {
      for (const service of Object.values(operations).flatMap((operation) => operation['x-services'])) {
        const id = { consent: 'con_1', dsar: 'dsr_1', retention: 'ret_1' }[service] ?? 'x';
        expect([template, route(`${template.replace('{owner}', service).replace(/\{\w+\}/, id)}?owner=${service}`)]).toEqual([template, { to: service }]);
      }
    }
  });

  it('drops headers of one connection, also those the connection names, and keeps repetitions', () => {
    const raw = ['Connection', 'close, X-Own', 'X-Own', '1', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'X-Forwarded-For', 'forged'];
    expect(endToEnd(raw, 'close, X-Own')).toEqual(['Set-Cookie', 'a', 'Set-Cookie', 'b']);
  });
});
