import { contactsAnswer, contactsBody } from '@heed/contracts-consent';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Stands in for consent: answers `/internal/contacts` by its contract. */
export interface ConsentPeer {
  readonly url: string;
  readonly addresses: Map<string, string>;
  away: boolean;
  stop(): Promise<void>;
}

export async function startConsentPeer(): Promise<ConsentPeer> {
  const addresses = new Map<string, string>();
  const peer = { url: '', addresses, away: false, stop: async (): Promise<void> => undefined };
  const server = createServer((request, response) => {
    const answer = async (): Promise<unknown> => {
      const { refs } = contactsBody.parse(await json(request));
      return contactsAnswer.parse({ contacts: refs.map((ref) => ({ ref, email: addresses.get(ref) ?? null })) });
    };
    answer().then(
      (body) => response.writeHead(peer.away ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  peer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  peer.stop = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return peer;
}
