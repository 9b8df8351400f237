import type { ReceiptCertificate, SignedCertificate } from '@heed/certificate';
import { UnitOfWork } from '@heed/persistence';
import { eventually } from '@heed/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { registerExtract } from '../src/receipt/register-extract.js';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const RECORDS = 200_000;
const LINES_OF_A_PAGE = 500;
/** A connection that is idle tells PostgreSQL's statistics after ten seconds what it has read; before, it may not have. */
const TOLD_MS = 11_000;

let consent: ConsentUnderTest;
let ref: string;
let first: string;
beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  // One real decision and then, as a page that asks again and again would make them, very many more.
  const { body } = await consent.decide({ subject: ada(), decisions: [{ purpose: 'analytics', decision: 'given' }] });
  ref = String(body['ref']);
  first = (body['records'] as [{ id: string }])[0].id;
  await consent.service.sql(
    `INSERT INTO t_ajuni.consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at)
     SELECT uuidv7(n * interval '1 millisecond'), $1, n + 1, CASE WHEN n % 2 = 0 THEN 'analytics' ELSE 'marketing_email' END,
            CASE WHEN n % 4 < 2 THEN 'withdrawn' ELSE 'given' END, false, 1, 'web_form', 'test', now(), now() FROM generate_series(1, $2) AS n`,
    [ref, RECORDS],
  );
  await consent.service.sql('ANALYZE t_ajuni.consent_record');
  return () => consent.stop();
});

it('the register of a person with 200,000 records is handed out page by page, each read only when the one before was taken', async () => {
  const unitOfWork = consent.service.service.app.get(UnitOfWork, { strict: false });
  let reads = 0;
  const run: UnitOfWork['run'] = (...call) => {
    reads += 1;
    return unitOfWork.run(...call);
  };
  const extract = await registerExtract({ run }, 'ajuni', ref);
  let [records, pages, version, last] = [0, 0, 0, ''];
  for await (const text of extract) {
    pages += 1;
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(LINES_OF_A_PAGE);
    expect(reads, 'nothing is read ahead').toBe(Math.min(pages, Math.ceil((RECORDS + 1) / LINES_OF_A_PAGE)));
    records += lines.length;
    const { record } = JSON.parse(lines[0] ?? '') as { record?: { version: number } };
    expect(record?.version ?? RECORDS * 2, 'oldest first').toBeGreaterThan(version);
    version = record?.version ?? 0;
    last = lines.at(-1) ?? '';
  }
  expect(records - 1).toBe(RECORDS + 1);
  expect(JSON.parse(last)).toMatchObject({ end: { ref, records: RECORDS + 1 } });
});

it('a page of receipts, and a signed one, read their part of the index and no more', async () => {
  const fetched = async (): Promise<{ scans: number; rows: number }> => {
    const [row] = await consent.service.sql<{ scans: string; rows: string }>(
      `SELECT sum(seq_scan) AS scans, sum(idx_tup_fetch) AS rows FROM pg_stat_user_tables WHERE schemaname = 't_ajuni' AND relname LIKE 'consent_record%'`,
    );
    return { scans: Number(row?.scans), rows: Number(row?.rows) };
  };
  const settled = async (): Promise<{ scans: number; rows: number }> => {
    await sleep(TOLD_MS);
    return fetched();
  };
  const before = await settled();
  const { body } = await consent.service.call('GET', `/v1/subjects/${ref}/receipts?limit=50`, PLATFORM);
  expect(body['items']).toHaveLength(50);
  const signed = await eventually(async () => {
    const answer = await consent.service.call('GET', `/v1/subjects/${ref}/receipts/${first}`, PLATFORM);
    expect(answer.status).toBe(200);
    return answer.body as unknown as SignedCertificate<ReceiptCertificate>;
  }, { timeoutMs: 20_000 });
  const { record } = signed.certificate.receipt;
  expect(record.event).toHaveLength(201);
  expect(record.event.at(-1)?.register, 'its own decision is told, however much came after').toMatchObject({ record_id: first, took_effect: true });
  expect(record.register.history_complete).toBe(false);
  const after = await settled();
  expect(after.scans).toBe(before.scans);
  // 51 for the page; for the receipt the newest 402 of both purposes, looked at for as long as the ledger makes it wait.
  expect(after.rows - before.rows).toBeLessThan(2 * (51 + 402));
});
