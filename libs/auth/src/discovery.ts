/** The issuer's own description of itself (OpenID Connect Discovery 1.0). */
export async function discover(issuer: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`discovery answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

export async function jwksUri(issuer: string): Promise<URL> {
  const uri = (await discover(issuer))['jwks_uri'];
  if (typeof uri !== 'string') throw new Error('discovery names no jwks_uri');
  return new URL(uri);
}
