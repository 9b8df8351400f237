import type { ConsentCell } from './consent-cell.js';
import { ingressRate } from './ingress-rate.js';
import { bareRate, CONNECTIONS, decisionOf, loaded, sameRows } from './loads.js';
import type { Load, Loaded } from './loads.js';
import { openLoop } from './open-loop.js';
import { partsOf } from './parts.js';
import { PURPOSES } from './people.js';
import { quiet } from './quiet.js';
import { rounded } from './report.js';
import type { Flat, Report } from './report.js';
import { uploadRate } from './upload-rate.js';

/** Of an upload, and of an ingress; fewer only where the bench is tried on a small register. */
const LINES = 20_000;
/** Of saturation: where the p99 is measured. */
const SHARE = 0.6;
const SECONDS = 8;

/** What the closing table shows. */
export const FLAT: readonly Flat[] = [
  { name: 'new person.perSecond', label: 'POST /v1/consents, a new person each', unit: '/s', digits: 0 },
  { name: 'new person.ratio', label: '  to pgbench writing the same rows (aim 1.0)', unit: '', digits: 2 },
  { name: 'new person.pages', label: '  pages of the database a decision, with all that follows', unit: '', digits: 0 },
  { name: 'known person.perSecond', label: 'POST /v1/consents, somebody of the register each', unit: '/s', digits: 0 },
  { name: 'known person.pages', label: '  pages of the database a decision, with all that follows', unit: '', digits: 0 },
  { name: 'steady.p99Ms', label: 'POST /v1/consents at 60 % of saturation, p99 (aim 50 ms)', unit: 'ms', digits: 1 },
  { name: 'check by ref.perSecond', label: '/v1/consents/check by ref', unit: '/s', digits: 0 },
  { name: 'check by ref.ratio', label: '  to a bare server answering a constant (aim 0.5)', unit: '', digits: 2 },
  { name: 'check by email.perSecond', label: '/v1/consents/check by email', unit: '/s', digits: 0 },
  { name: 'check by email.ratio', label: '  to a bare server answering a constant (aim 0.5)', unit: '', digits: 2 },
  { name: 'check by email.pages', label: '  pages of the database a check', unit: '', digits: 1 },
  { name: 'history.perSecond', label: "GET /v1/consents?ref=…, one person's history", unit: '/s', digits: 0 },
  { name: 'history.p50Ms', label: '  p50', unit: 'ms', digits: 1 },
  { name: 'history.p99Ms', label: '  p99', unit: 'ms', digits: 1 },
  { name: 'history.pages', label: '  pages of the database a history', unit: '', digits: 1 },
  { name: 'batch of 1.recordsPerSecond', label: '/v1/consents/batch, one decision a line (aim 20,000)', unit: 'rec/s', digits: 0 },
  { name: 'batch of 2.recordsPerSecond', label: '/v1/consents/batch, two decisions a line (aim 20,000)', unit: 'rec/s', digits: 0 },
  { name: 'ingress.recordsPerSecond', label: 'Kafka ingress (aim 20,000)', unit: 'rec/s', digits: 0 },
];

/** Everything that should not depend on how many records there are; before each figure nothing is left over of the one before. */
export async function measure(cell: ConsentCell, size: number, total: number, report: Report): Promise<void> {
  const { say } = report;
  const lines = Math.min(LINES, Math.ceil(total / 5));
  const people = size / PURPOSES.length;
  report.size(size);
  say(`── ${size.toLocaleString('en')} records of ${people.toLocaleString('en')} people; parts: ${await partsOf(cell)}`);
  const noise = (gaveUp: string): void => say(`NOT QUIET, what follows shares the cores: ${gaveUp}`);
  const settled = async (): Promise<void> => {
    const { gaveUp } = await quiet(cell);
    if (gaveUp) noise(gaveUp);
  };
  const load = async (what: Load): Promise<Loaded> => {
    const result = await loaded(cell, what, people, noise);
    for (const name of ['perSecond', 'p50Ms', 'p99Ms', 'errors'] as const) report.figure(`${what}.${name}`, result[name]);
    report.figure(`${what}.pages`, result.pagesPerCall);
    report.figure(`${what}.statements`, result.statementsPerCall);
    report.figure(`${what}.databaseMs`, result.databaseMsPerCall);
    return result;
  };
  await warm(cell, people, size, noise);

  const fresh = await load('new person');
  const raw = report.figure('pgbench.perSecond', await sameRows(cell));
  await settled();
  say(`POST /v1/consents, a new person each: ${inWords(fresh)}; pgbench -M prepared, the same rows: ${rounded(raw)}/s; ratio ${rounded(report.figure('new person.ratio', fresh.perSecond / raw), 2)} (aim 1.0)`);
  say(`POST /v1/consents, somebody of the register each, yes and no in turns: ${inWords(await load('known person'))}`);

  const [byRef, byEmail, bare] = [await load('check by ref'), await load('check by email'), report.figure('bare.perSecond', await bareRate(cell))];
  for (const [what, result] of [['ref', byRef], ['email', byEmail]] as const) {
    say(`/v1/consents/check by ${what}: ${inWords(result)}; bare server, a constant: ${rounded(bare)}/s; ratio ${rounded(report.figure(`check by ${what}.ratio`, result.perSecond / bare), 2)} (aim 0.5)`);
  }
  say(`GET /v1/consents?ref=…, one person's history: ${inWords(await load('history'))}`);

  for (const purposes of [PURPOSES.slice(0, 1), PURPOSES]) {
    const upload = await uploadRate(cell, lines, `s${size}-${purposes.length}-${Date.now()}`, purposes);
    await settled();
    const rate = report.figure(`batch of ${purposes.length}.recordsPerSecond`, upload.records / upload.seconds);
    say(`/v1/consents/batch, ${lines} lines, ${purposes.length === 1 ? 'one decision' : 'two decisions'} a line: ${rounded(upload.lines / upload.seconds)} lines/s, ${rounded(rate)} records/s to the last answer${upload.failed > 0 ? `, ${upload.failed} FAILED` : ''} (aim 20,000)`);
  }
  const ingress = await ingressRate(cell, lines, `s${size}-${Date.now()}`);
  report.figure('ingress.recordsPerSecond', ingress.perSecond);
  say(`Kafka ingress, ${lines} records of one decision: ${rounded(ingress.perSecond)}/s from the first published to the last recorded${ingress.missing > 0 ? `, ${ingress.missing} NEVER RECORDED` : ''} (aim 20,000)`);
  await settled();

  const url = `${cell.url}/v1/consents`;
  const perSecond = Math.max(1, Math.floor(fresh.perSecond * SHARE));
  const salt = `steady${size}-${Date.now()}`;
  const steady = await openLoop({ url, token: await cell.token(), body: (n) => decisionOf(`${salt}-${n}@example.com`), perSecond, seconds: SECONDS });
  report.figure('steady.p99Ms', steady.p99Ms);
  report.figure('steady.p50Ms', steady.p50Ms);
  say(`POST /v1/consents at ${perSecond}/s (60 % of saturation), counted from when a call was due: p50 ${steady.p50Ms} ms, p99 ${steady.p99Ms} ms, max ${steady.maxMs} ms${steady.errors > 0 ? `, ${steady.errors} ERRORS` : ''} (aim p99 < 50)`);
  await settled();
}

const inWords = ({ perSecond, p50Ms, p99Ms, errors, pagesPerCall, statementsPerCall, databaseMsPerCall }: Loaded): string =>
  `${rounded(perSecond)}/s at ${CONNECTIONS} connections (p50 ${rounded(p50Ms, 1)} ms, p99 ${rounded(p99Ms, 1)} ms${errors > 0 ? `, ${errors} ERRORS` : ''}; ` +
  `of the database, all that follows included: ${rounded(statementsPerCall, 2)} statements, ${rounded(pagesPerCall, 1)} pages, ${rounded(databaseMsPerCall, 2)} ms a call)`;

/** The compiler's turn and the first reading of what lies on the disk, for all of them alike. */
async function warm(cell: ConsentCell, people: number, size: number, noise: (gaveUp: string) => void): Promise<void> {
  for (const what of ['new person', 'known person', 'check by ref', 'check by email', 'history'] as const) await loaded(cell, what, people, noise, 2);
  await uploadRate(cell, 2_000, `warm${size}-${Date.now()}`, PURPOSES);
  await ingressRate(cell, 1_000, `warm${size}-${Date.now()}`);
  await quiet(cell);
}
