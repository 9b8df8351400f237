/** The services that answer at the origin. */
export type Upstream = 'consent' | 'dsar' | 'retention' | 'subprocessor-registry' | 'notifications';

export type Routed =
  | { readonly to: Upstream }
  | { readonly refused: 400 | 404; readonly code: string; readonly detail: string };

/** First segment below /v1 and the service that owns it. */
const RESOURCES: Readonly<Record<string, Upstream>> = {
  consents: 'consent',
  withdrawals: 'consent',
  subjects: 'consent',
  signals: 'consent',
  links: 'consent',
  purposes: 'consent',
  children: 'consent',
  cookies: 'consent',
  'cookie-domains': 'consent',
  campaigns: 'consent',
  requests: 'dsar',
  schedules: 'retention',
  holds: 'retention',
  purges: 'retention',
  tenant: 'subprocessor-registry',
  'data-stores': 'subprocessor-registry',
  'data-map': 'subprocessor-registry',
  subprocessors: 'subprocessor-registry',
  policies: 'subprocessor-registry',
  promises: 'subprocessor-registry',
  authenticators: 'subprocessor-registry',
  'step-ups': 'subprocessor-registry',
  sessions: 'subprocessor-registry',
  applications: 'subprocessor-registry',
  'role-holders': 'subprocessor-registry',
  'access-reviews': 'subprocessor-registry',
  refusals: 'subprocessor-registry',
  messages: 'notifications',
  notices: 'notifications',
  incidents: 'notifications',
};

/** Dispatches and ledgers carry their owner's name, so they need no lookup. */
const DISPATCH_PREFIXES: Readonly<Record<string, Upstream>> = { con: 'consent', dsr: 'dsar', ret: 'retention' };
const OWNERS: readonly Upstream[] = ['consent', 'dsar', 'retention', 'subprocessor-registry', 'notifications'];

/** Paths that services would read differently from the router: dot segments and encoded separators. */
const AMBIGUOUS = /(^|\/)(\.|%2e){1,2}(\/|$)|%2f|%5c|\\|\/\//i;

/** Decides by path alone, as the Ingress on Kubernetes does. */
export function route(url: string): Routed {
  const [path = '', query = ''] = url.split('?', 2);
  if (!path.startsWith('/')) return refuse(400, 'path_malformed', 'The request target must be a path.');
  if (AMBIGUOUS.test(path)) return refuse(400, 'path_malformed', 'The path has dot segments, empty segments or encoded slashes.');
  const [first = '', second = '', third = ''] = path.slice(1).split('/');
  if (first === 'u' && second !== '') return { to: 'consent' };
  if (first === 'r' && second !== '') return { to: 'dsar' };
  if (path === '/openapi.json' || first === 'docs') return { to: 'subprocessor-registry' }; // it has the document of all services
  if (path === '/.well-known/gpc.json') return { to: 'consent' };
  if (first === 'v1') return routeResource(second, third, query);
  return unknown();
}

function routeResource(resource: string, id: string, query: string): Routed {
  if (resource === 'dispatches') return id === '' ? routeByOwner(new URLSearchParams(query).get('owner')) : routeDispatch(id);
  if (resource === 'ledger') return toOwner(id) ?? unknown();
  const to = Object.hasOwn(RESOURCES, resource) ? RESOURCES[resource] : undefined;
  return to === undefined ? unknown() : { to };
}

function routeDispatch(id: string): Routed {
  const prefix = id.slice(0, id.indexOf('_'));
  const to = Object.hasOwn(DISPATCH_PREFIXES, prefix) ? DISPATCH_PREFIXES[prefix] : undefined;
  return to === undefined ? refuse(404, 'dispatch_unknown', 'Ids of dispatches begin with con_, dsr_ or ret_.') : { to };
}

function routeByOwner(owner: string | null): Routed {
  const known = Object.values(DISPATCH_PREFIXES).find((name) => name === owner);
  if (known !== undefined) return { to: known };
  return refuse(400, 'owner_required', 'Say whose dispatches: ?owner=consent, ?owner=dsar or ?owner=retention.');
}

function toOwner(name: string): Routed | undefined {
  const to = OWNERS.find((owner) => owner === name);
  return to === undefined ? undefined : { to };
}

function unknown(): Routed {
  return refuse(404, 'route_unknown', 'Nothing of Heed answers at this path.');
}

function refuse(refused: 400 | 404, code: string, detail: string): Routed {
  return { refused, code, detail };
}
