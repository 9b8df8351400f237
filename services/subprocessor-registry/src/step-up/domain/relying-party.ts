/** Whom an authenticator is told it answers to, and from which pages it may be asked. */
export interface RelyingParty {
  readonly id: string;
  readonly origins: readonly string[];
}

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** An address is no valid relying party id, so on one's own computer it is `localhost`, under whichever name the page was opened. */
export function relyingPartyOf(origin: string): RelyingParty {
  const url = new URL(origin);
  if (!LOOPBACK.includes(url.hostname)) return { id: url.hostname, origins: [url.origin] };
  const named = new URL(url);
  named.hostname = 'localhost';
  return { id: 'localhost', origins: [...new Set([url.origin, named.origin])] };
}
