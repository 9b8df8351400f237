import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HttpConnector } from '@heed/connector-http';
import { CommandMaker, connectorConformance } from '@heed/connector-spi';
import type { ConformanceStore } from '@heed/connector-spi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailProcessorMap } from '../stores/maps.js';
import { processorToken } from './credentials.js';
import { DOMAIN } from './open-dsr.js';
import { mailProcessor } from './server.js';

const SECRET = 'a-secret-of-the-tests';

interface Processor extends ConformanceStore {
  readonly journal: string;
  connect(certificate?: string): Promise<HttpConnector>;
}

async function processor(options: { offersAccess?: boolean } = {}): Promise<Processor> {
  const folder = await mkdtemp(join(tmpdir(), 'heed-processor-'));
  const server = mailProcessor({ folder, secretOf: (tenant) => (tenant === 'acme' ? SECRET : undefined), offersAccess: options.offersAccess ?? true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/t/acme`;
  const headers = { authorization: `Bearer ${processorToken(SECRET)}`, 'content-type': 'application/json' };
  const find = async (email: string): Promise<{ marketing_email: boolean } | undefined> => {
    const response = await fetch(`${base}/contacts?email=${encodeURIComponent(email)}`, { headers });
    return ((await response.json()) as { items: { marketing_email: boolean }[] }).items[0];
  };
  const journal = join(folder, 'journal.sqlite');
  return {
    purpose: 'marketing_email',
    journal,
    async connect(certificate) {
      const connector = new HttpConnector({
        map: mailProcessorMap,
        processor: { url: base, token: processorToken(SECRET), domain: DOMAIN, certificate },
        webhook: { url: `${base}/webhooks/consent`, secret: SECRET },
        journal,
      });
      await connector.prepare();
      return connector;
    },
    async addPerson(email) {
      await fetch(`${base}/contacts/import`, { method: 'POST', headers, body: JSON.stringify([{ email }]) });
    },
    has: async (email) => (await find(email)) !== undefined,
    isOn: async (email) => (await find(email))?.marketing_email,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

connectorConformance('http', { describe, it, beforeAll, afterAll }, () => processor());

describe('a processor behind HTTP', () => {
  const target = { dispatchId: `dsr_${'0'.repeat(36)}`, commandId: 'c', identifiers: [{ type: 'email', value: 'ada@example.com' }], asOf: new Date(), trail: { keys: {}, kept: {} }, tables: [] };

  it('attests an erasure, and no more, where it cannot be read', async () => {
    const store = await processor({ offersAccess: false });
    const connector = await store.connect();
    await store.addPerson('ada@example.com');
    const [erased] = await connector.work('slow', (unit) => unit.eraseBatch([target], { chunkRows: 1 }));
    const [looked] = await connector.work('verify', (unit) => unit.verifyBatch([{ ...target, tables: erased?.tables ?? [] }]));
    expect(looked).toMatchObject({ read: false, tables: [{ table: 'processor', rows: 1 }] });
    await connector.close();
    await store.close();
  });

  it('shows as residue who is there again on the second reading', async () => {
    const store = await processor();
    const connector = await store.connect();
    await store.addPerson('ada@example.com');
    const [erased] = await connector.work('slow', (unit) => unit.eraseBatch([target], { chunkRows: 1 }));
    await store.addPerson('ada@example.com');
    const [looked] = await connector.work('verify', (unit) => unit.verifyBatch([{ ...target, tables: erased?.tables ?? [] }]));
    expect(looked).toMatchObject({ read: true, tables: [{ rows: 1, residue: 1 }] });
    await connector.close();
    await store.close();
  });

  it('believes no answer that is signed by another key', async () => {
    const store = await processor();
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const connector = await store.connect(stranger);
    await expect(connector.work('slow', (unit) => unit.eraseBatch([target], { chunkRows: 1 }))).rejects.toMatchObject({ code: 'processor_signature_invalid' });
    await connector.close();
    await store.close();
  });

  it('reads nothing again that is over: who changes their mind a thousand times does not slow down the others', async () => {
    const store = await processor();
    const connector = await store.connect();
    const maker = new CommandMaker('mail');
    const commands = Array.from({ length: 20 }, () => maker.consent('withdrawal', 'marketing_email', { ref: 'sub_restless' }));
    await connector.receive(commands);
    const settlement = { outcome: 'done', assurance: 'applied', tables: [], reason: null } as const;
    const taken: string[] = [];
    for (const _ of commands) {
      await connector.work('urgent', async (unit) => {
        const entries = await unit.pick({ work: 'commands', lane: 'urgent', limit: 100 });
        taken.push(...entries.map((entry) => entry.dispatchId));
        await unit.save(entries.map(({ dispatchId }) => ({ dispatchId, state: 'settled', settlement })), new Date());
      });
    }
    expect(taken).toEqual(commands.map((command) => command.data.dispatchId));
    await connector.receive(commands.slice(0, 1)); // a redelivery of what is answered
    await connector.close();
    const db = new DatabaseSync(store.journal, { readOnly: true });
    expect(db.prepare('SELECT * FROM journal_ref').all()).toEqual([]);
    db.close();
    await store.close();
  });

  it('is transient when it is away: nothing is lost', async () => {
    const store = await processor();
    const connector = await store.connect();
    const withdrawal = new CommandMaker('mail').consent('withdrawal', 'marketing_email');
    await connector.receive([withdrawal]);
    await store.close();
    const change = { ...target, dispatchId: withdrawal.data.dispatchId, ref: withdrawal.data.ref, version: 1, purposes: ['marketing_email'], on: false };
    await expect(connector.work('urgent', (unit) => unit.applyPurposes([change]))).rejects.toMatchObject({ retriable: true });
    const due = await connector.work('urgent', (unit) => unit.pick({ work: 'commands', lane: 'urgent', limit: 1 }));
    expect(due).toHaveLength(1);
    await connector.close();
  });
});
