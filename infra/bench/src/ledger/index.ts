import { verifyEvidence, verifyExport, writeExport } from '@heed/ledger';
import path from 'node:path';
import { BenchLedger, TENANT } from './bench-ledger.js';
import { exportSource } from './export-source.js';
import { fill } from './fill.js';

const PROOFS = 2000;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const thousands = (count: number): string => Math.round(count).toLocaleString('en');

/** `npm run bench ledger [COUNT]`: how fast a ledger of so many records is kept, proven from and verified. */
export async function ledgerBench(count: number, say: (line: string) => void): Promise<void> {
  const bench = await BenchLedger.start();
  try {
    const raw = await fill(bench, count, showing('inserting', count));
    const ms = await bench.sequence(count, showing('sequencing', count));
    const rate = count / (ms / 1000);
    say(
      `ledger of ${thousands(count)} records: ${thousands(rate)}/s placed, told and signed (${seconds(ms)}); the same rows by plain inserts: ${thousands(raw)}/s; ` +
        `ratio ${(rate / raw).toFixed(2)}`,
    );
    await proofs(bench, count, say);
    await exported(bench, count, say);
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    await bench.stop();
  }
}

const PLAIN_EVERY = 100_000;

/** One line that changes on a terminal, a line now and then elsewhere. */
function showing(what: string, count: number): (done: number) => void {
  let told = 0;
  return (done) => {
    const line = `${what}: ${thousands(done)} of ${thousands(count)}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    else if (done - told >= PLAIN_EVERY) process.stderr.write(`${line}\n`);
    if (done - told >= PLAIN_EVERY) told = done;
  };
}

async function proofs(bench: BenchLedger, count: number, say: (line: string) => void): Promise<void> {
  const ledger = bench.reader.of(TENANT, 'consent');
  const { rows } = await bench.admin.query<{ id: string }>(`SELECT entry_id AS id FROM t_${TENANT}.ledger_leaf WHERE index = ANY($1)`, [
    Array.from({ length: PROOFS }, () => Math.floor(Math.random() * count)),
  ]);
  const inclusion = await times(rows, ({ id }) => ledger.inclusion(id, undefined));
  const consistency = await times(rows, () => ledger.consistency(1 + Math.floor(Math.random() * (count - 1)), count));
  const evidences: Parameters<typeof verifyEvidence>[0][] = [];
  const evidence = await times(rows, async ({ id }) => {
    const found = await bench.unitOfWork.run(TENANT, (tx) => bench.ledger.evidenceFor(tx, [id]));
    if (found !== 'pending') evidences.push(...found);
  });
  const key = bench.ledger.vkey(TENANT);
  const verified = await times(evidences, async (one) => void verifyEvidence(one, key));
  say(`proofs, one after another: inclusion ${inclusion}; consistency ${consistency}; evidence of a record ${evidence}; verifying that ${verified}`);
}

async function exported(bench: BenchLedger, count: number, say: (line: string) => void): Promise<void> {
  const folder = path.join(bench.dir, 'export');
  const begun = performance.now();
  await writeExport(folder, await exportSource(bench));
  const written = performance.now() - begun;
  const started = performance.now();
  const report = await verifyExport(folder);
  const ms = performance.now() - started;
  if (!report.verified) throw new Error(`the export does not verify: ${JSON.stringify(report.finding)}`);
  say(`export of ${thousands(count)} records written in ${seconds(written)} (without HTTP), verified in ${seconds(ms)} (${thousands(count / (ms / 1000))}/s)`);
}

/** p50 and p99. */
async function times<T>(of: readonly T[], work: (one: T) => Promise<unknown>): Promise<string> {
  const took: number[] = [];
  for (const one of of) {
    const begun = performance.now();
    await work(one);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
