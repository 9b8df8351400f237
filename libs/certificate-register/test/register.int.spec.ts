import { verifyCertificate } from '@heed/certificate';
import type { ConsentCertificate } from '@heed/certificate';
import { CertificateReader, certificateMigrations, CertificateRegister } from '@heed/certificate-register';
import type { Act, Issuing } from '@heed/certificate-register';
import { generateAgentKeys } from '@heed/crypto';
import { systemClock, uuidv7 } from '@heed/kernel';
import { Database, persistenceMigrations, UnitOfWork } from '@heed/persistence';
import { ServiceBed } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attachEvidence } from '../src/attach-evidence.job.js';
import { SlowLedger } from './slow-ledger.js';

const key = generateAgentKeys().signing;
const REF = `sub_${'4'.repeat(32)}`;

let bed: ServiceBed;
let database: Database;
let unitOfWork: UnitOfWork;
let ledger: SlowLedger;
let register: CertificateRegister;

beforeAll(async () => {
  bed = await ServiceBed.make({ clock: systemClock });
  const { url } = await bed.migrated('certificates', [...persistenceMigrations, ...certificateMigrations]);
  database = new Database({ url, keysDir: bed.keysDir, clock: systemClock, poolSize: 4 });
  unitOfWork = new UnitOfWork(database);
});
afterAll(async () => {
  await database.close();
  await bed.stop();
});
beforeEach(() => {
  ledger = new SlowLedger(key);
  register = new CertificateRegister(ledger);
});

function consentTo(purpose: string): ConsentCertificate {
  const decided = {
    recordId: randomUUID(), decision: 'given' as const, tookEffect: true, version: 1, method: 'web_form', occurredAt: '2026-11-20T09:00:00.000Z', recordedAt: '2026-11-20T09:00:01.000Z',
  };
  return {
    schema: 'heed.dev/certificate/consent/v1', id: uuidv7(), tenant: { id: 'ajuni', name: 'Ajuni', controller: 'Ajuni' }, ref: REF, purpose: { id: purpose, title: null, policyVersion: 1 },
    decision: { ...decided, actor: 'test' }, notice: null, since: [], present: null, issuedAt: systemClock.now().toISOString(), supersedes: null,
  };
}

type Said = Omit<Issuing, 'about'> & { certificate: ConsentCertificate };
const saying = (certificate: ConsentCertificate, acts: Said['acts'] = []): Said => ({ certificate, data: { recordId: certificate.decision.recordId }, ref: REF, acts });
const ask = (about: string, said: Said): Promise<string> => unitOfWork.run('ajuni', (tx) => register.onAsking(tx, 'consent', about, () => Promise.resolve(said)));
const evidenced = (id: string) => unitOfWork.run('ajuni', (tx) => register.evidenced(tx, id));

describe('a register of certificates', () => {
  it('issues once what says the same, and anew in its place what says something else', async () => {
    const about = randomUUID();
    const said = consentTo('analytics');
    const first = await ask(about, saying(said));
    expect(await ask(about, saying({ ...said, id: uuidv7(), issuedAt: '2027-01-01T00:00:00.000Z' }))).toBe(first);
    const second = await ask(about, saying({ ...said, id: uuidv7(), present: { decision: 'withdrawn', recordId: randomUUID(), since: said.issuedAt } }));
    expect(second).not.toBe(first);
    expect((await evidenced(second))?.certificate.supersedes).toBe(first);
    expect((await evidenced(first))?.certificate.supersedes).toBeNull();
  });

  it('issues nothing in a transaction that is undone', async () => {
    const certificate = consentTo('analytics');
    const issue = unitOfWork.run('ajuni', async (tx) => {
      await register.issue(tx, [{ ...saying(certificate), about: randomUUID() }]);
      throw new Error('undone');
    });
    await expect(issue).rejects.toThrow('undone');
    await expect(evidenced(certificate.id)).rejects.toMatchObject({ code: 'not_found' });
    const rows = await unitOfWork.run('ajuni', (tx) => tx.query(`SELECT 1 FROM ledger_entry WHERE data->>'certificateId' = $1`, [certificate.id]));
    expect(rows).toHaveLength(0);
  });

  it('waits for the ledger some seconds, and then says that it is to be asked again', async () => {
    ledger.placed = false;
    const reader = new CertificateReader(unitOfWork, register);
    const id = await ask(randomUUID(), saying(consentTo('analytics')));
    const began = performance.now();
    await expect(reader.read('ajuni', () => Promise.resolve(id))).rejects.toMatchObject({ kind: 'unavailable', code: 'ledger_pending', retryAfterSeconds: 1 });
    expect(performance.now() - began).toBeGreaterThan(2_900);
    setTimeout(() => (ledger.placed = true), 300);
    expect(verifyCertificate(await reader.read('ajuni', () => Promise.resolve(id)))).toMatchObject({ ok: true });
  });

  it('keeps the evidence, which outlives the records that it was made of', async () => {
    const id = await ask(randomUUID(), saying(consentTo('analytics')));
    const signed = await evidenced(id);
    ledger.pruned = true;
    expect(await evidenced(id)).toEqual(signed);
    expect(verifyCertificate(signed)).toMatchObject({ ok: true });
  });

  it('finds the entry of an act among all others of that time, and does without one that is gone', async () => {
    const at = systemClock.now();
    const dispatchId = `con_${randomUUID()}`;
    const entries = await unitOfWork.run('ajuni', (tx) => {
      for (let version = 1; version <= 50; version += 1) tx.record({ kind: 'consent.given', ref: `sub_${'5'.repeat(32)}`, data: { version } });
      const given = tx.record({ kind: 'consent.given', ref: REF, data: { version: 1 } });
      return Promise.resolve({ given, withdrawn: tx.record({ kind: 'consent.withdrawn', ref: REF, data: { version: 2, dispatchId } }) });
    });
    const acts: readonly Act[] = [
      { kind: 'consent.given', about: { version: 1 }, ref: REF, at },
      { kind: 'consent.withdrawn', about: { dispatchId }, at },
      { kind: 'consent.refused', about: { version: 3 }, ref: REF, at },
      { kind: 'consent.given', about: { version: 1 }, ref: REF, at: new Date(at.getTime() - 86_400_000) },
    ];
    await evidenced(await ask(randomUUID(), saying(consentTo('analytics'), acts)));
    expect(ledger.asked.slice(1)).toEqual([entries.given, entries.withdrawn]);
  });

  it('attaches the evidence of those nobody asks for, all of them, as soon as the ledger has come to them', async () => {
    ledger.placed = false;
    const ids = await Promise.all(Array.from({ length: 120 }, () => ask(randomUUID(), saying(consentTo('analytics')))));
    const kept = () => unitOfWork.run('ajuni', (tx) => tx.query('SELECT 1 FROM certificate_evidence WHERE certificate_id = ANY($1)', [ids]));
    await attachEvidence(database, unitOfWork, register);
    expect(await kept()).toHaveLength(0);
    ledger.placed = true;
    await attachEvidence(database, unitOfWork, register);
    expect(await kept()).toHaveLength(120);
    expect(await unitOfWork.run('ajuni', (tx) => tx.query('SELECT 1 FROM certificate_awaiting_evidence'))).toHaveLength(0);
  });

  it('waits no longer for what was pruned before anybody came to prove it', async () => {
    const id = await ask(randomUUID(), saying(consentTo('analytics')));
    ledger.pruned = true;
    await attachEvidence(database, unitOfWork, register);
    expect(await unitOfWork.run('ajuni', (tx) => tx.query('SELECT 1 FROM certificate_awaiting_evidence'))).toHaveLength(0);
    await expect(evidenced(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});
