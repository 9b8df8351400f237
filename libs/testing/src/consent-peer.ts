import { resolveBody, sealBody } from '@heed/contracts-consent';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { sealTo } from '@heed/crypto';
import { newSubjectRef } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands in for consent where a service that needs it is tested alone: resolves people and seals their identifiers for
 * real stores' keys. It can be away, and come back under the same address.
 * @example const consent = await ConsentPeer.start(stores); consent.url
 */
export class ConsentPeer {
  readonly #refs = new Map<string, string>();
  readonly #people = new Map<string, readonly Identifier[]>();
  #server: Server | undefined;
  #port = 0;

  private constructor(private readonly stores: readonly DataStore[]) {}

  static async start(stores: readonly DataStore[]): Promise<ConsentPeer> {
    const peer = new ConsentPeer(stores);
    await peer.comeBack();
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async comeBack(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        () => response.writeHead(500).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async goAway(): Promise<void> {
    const server = this.#server;
    server?.closeAllConnections();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
    this.#server = undefined;
  }

  /** Under which ref somebody is known, if anybody asked. */
  refOf(email: string): string | undefined {
    return this.#refs.get(`email:${email.toLowerCase()}`);
  }

  /** Forgets somebody, as after their erasure: nothing can be sealed for them any more. */
  forget(ref: string): void {
    this.#people.delete(ref);
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const tenant = String(request.headers['x-heed-tenant']);
    if (!request.headers.authorization?.startsWith('Bearer ')) return { status: 401, body: { code: 'token_missing' } };
    if (request.url === '/internal/resolve') return this.#resolve(body);
    if (request.url === '/internal/seal') return { status: 200, body: this.#seal(tenant, body) };
    return { status: 404, body: { code: 'not_found' } };
  }

  #resolve(body: unknown): { status: number; body: unknown } {
    const { people } = resolveBody.parse(body);
    const bad = people.some(({ identifiers }) => identifiers.some(({ type, value }) => type === 'email' && !value.includes('@')));
    if (bad) return { status: 400, body: { code: 'identifier_invalid' } };
    return { status: 200, body: { people: people.map(({ identifiers }) => this.#known(identifiers)) } };
  }

  #known(identifiers: readonly Identifier[]): { ref: string; aliases: string[] } {
    const keys = identifiers.map(({ type, value }) => `${type}:${value.toLowerCase()}`);
    const [ref = newSubjectRef(), ...aliases] = new Set(keys.flatMap((key) => this.#refs.get(key) ?? []));
    for (const key of keys) if (!this.#refs.has(key)) this.#refs.set(key, ref);
    if (!this.#people.has(ref)) this.#people.set(ref, identifiers);
    return { ref, aliases };
  }

  #seal(tenant: string, body: unknown): unknown {
    const { dispatches } = sealBody.parse(body);
    return {
      dispatches: dispatches.map(({ dispatchId, ref, stores }) => {
        const known = this.#people.get(ref);
        const recipients = this.stores.filter((s) => stores.includes(s.id)).map((s) => ({ store: s.id, key: s.agent.encryptionKey }));
        return { dispatchId, version: 1, aliases: [], sealed: known ? sealTo(recipients, known, `${tenant}|${dispatchId}`) : null };
      }),
    };
  }
}
