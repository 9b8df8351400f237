import { fetchLocalToken, PEOPLE_ROLES } from '@heed/local';
import type { LocalSystem } from '@heed/local';

const EMAILS = ['ada@people.example', 'bo@people.example'];

/** Gives lists something to list, so that what leads on from them is reached: two people with a decision, a request and a hold. */
export async function saySomething(system: LocalSystem, tenant: string): Promise<void> {
  const token = await fetchLocalToken(system.home, system.context.issuer, tenant, PEOPLE_ROLES);
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(system.origin + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  };
  for (const email of EMAILS) {
    const subject = { identifiers: [{ type: 'email', value: email }] };
    await post('/v1/withdrawals', { subject, purposes: ['marketing_email'], channel: 'api' });
    await post('/v1/requests', { subject, type: 'erase', jurisdiction: 'IN', channel: 'api' });
    await post('/v1/holds', { subject, matter: 'case 12', reason: 'litigation', categories: 'all' });
  }
}
