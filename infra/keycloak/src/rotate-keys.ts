import { rotationConfig } from './keycloak.config.js';

/** `node infra/keycloak/dist/rotate-keys.js`: gives the realm a new signing key and takes the old ones away. */
const { server, password } = rotationConfig();

const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password });
const { access_token: token } = (await ask('POST', '/realms/master/protocol/openid-connect/token', form)) as { access_token: string };
const { id: realm } = (await ask('GET', '/admin/realms/heed')) as { id: string };
const keys = (await ask('GET', '/admin/realms/heed/components?type=org.keycloak.keys.KeyProvider')) as { id: string; providerId: string }[];

await ask('POST', '/admin/realms/heed/components', JSON.stringify({
  name: `rsa-${Date.now()}`,
  providerId: 'rsa-generated',
  providerType: 'org.keycloak.keys.KeyProvider',
  parentId: realm,
  config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] },
}));
for (const key of keys) if (key.providerId === 'rsa-generated') await ask('DELETE', `/admin/realms/heed/components/${key.id}`);

async function ask(method: string, path: string, body?: URLSearchParams | string): Promise<unknown> {
  const headers = body instanceof URLSearchParams ? {} : { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(server + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
