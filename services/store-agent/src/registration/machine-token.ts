import { unavailable } from '@heed/kernel';
import { z } from 'zod';

const discovery = z.object({ token_endpoint: z.url() });
const answer = z.object({ access_token: z.string() });

/** An access token by client credentials; the token endpoint is found by OIDC discovery. */
export async function machineToken(options: { issuer: string; clientId: string; clientSecret: string; resource?: string }): Promise<string> {
  const document = await fetch(`${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5000) });
  if (!document.ok) throw unavailable('issuer_unavailable', `The issuer's discovery answered ${document.status}.`);
  const { token_endpoint } = discovery.parse(await document.json());
  const credentials = Buffer.from(`${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`).toString('base64');
  const response = await fetch(token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw unavailable('token_refused', `The issuer answered ${response.status} to the agent's credentials.`);
  return answer.parse(await response.json()).access_token;
}
