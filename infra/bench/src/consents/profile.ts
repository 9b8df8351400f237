import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConsentCell } from './consent-cell.js';
import { profileClock, selfTimes } from './cpu-profile.js';
import { PURPOSES } from './people.js';
import { quiet } from './quiet.js';
import { countStatements, statements } from './statements.js';
import { uploadRate } from './upload-rate.js';

const WARM_LINES = 2_000;
const STATEMENTS = 30;
const FUNCTIONS = 40;

/** `npm run bench consents-profile [LINES]`: where the time of an upload goes, in the database and in the service. */
export async function consentsProfile(lines: number, say: (line: string) => void): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-profile-'));
  const cell = await ConsentCell.start(['--cpu-prof', `--cpu-prof-dir=${dir}`]);
  try {
    await uploadRate(cell, WARM_LINES, 'warm', PURPOSES);
    await quiet(cell);
    await countStatements(cell);
    const from = profileClock();
    const upload = await uploadRate(cell, lines, 'profile', PURPOSES);
    const answered = profileClock();
    const { gaveUp } = await quiet(cell);
    const to = profileClock();
    const sent = (to - from) / 1e6;
    say(`${lines} lines of ${PURPOSES.length} decisions, on an empty register: last answer after ${upload.seconds.toFixed(1)} s, everything sent after ${sent.toFixed(1)} s${upload.failed > 0 ? `, ${upload.failed} FAILED` : ''}`);
    say(`until the last answer: ${rate(lines, upload.seconds)} lines/s, ${rate(upload.records, upload.seconds)} records/s; until everything was sent: ${rate(upload.records, sent)} records/s`);
    if (gaveUp) say(`NOT QUIET: ${gaveUp}`);
    const ran = await statements(cell);
    await cell.stopService(); // which writes the profile
    tellStatements(ran, say);
    await tellFunctions(dir, from, answered, `until the last answer`, say);
    await tellFunctions(dir, from, to, 'until everything was sent', say);
  } finally {
    await cell.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const rate = (count: number, seconds: number): string => (count / seconds).toFixed(0);

function tellStatements(ran: readonly Awaited<ReturnType<typeof statements>>[number][], say: (line: string) => void): void {
  const total = ran.reduce((sum, { totalMs }) => sum + totalMs, 0);
  say(`── statements until everything was sent: ${(total / 1000).toFixed(1)} s of the database's time in ${ran.reduce((sum, { calls }) => sum + calls, 0)} calls; the longest together:`);
  say('   total ms  share    calls    mean ms      rows     pages  statement');
  for (const { text, calls, rows, totalMs, meanMs, pages } of ran.slice(0, STATEMENTS)) {
    say(`${totalMs.toFixed(0).padStart(11)}${((100 * totalMs) / total).toFixed(1).padStart(6)}%${String(calls).padStart(9)}${meanMs.toFixed(2).padStart(11)}${String(rows).padStart(10)}${String(pages).padStart(10)}  ${text.slice(0, 150)}`);
  }
}

async function tellFunctions(dir: string, from: number, to: number, when: string, say: (line: string) => void): Promise<void> {
  const times = await selfTimes(dir, from, to);
  const idle = times.find(({ name }) => name === '(idle)')?.ms ?? 0;
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  say(`── the service's main thread ${when}: busy ${((total - idle) / 1000).toFixed(1)} s of ${(total / 1000).toFixed(1)} s; its own time by function (share of the busy time):`);
  for (const { name, ms } of times.filter((time) => time.name !== '(idle)').slice(0, FUNCTIONS)) say(`${ms.toFixed(0).padStart(9)} ms ${((100 * ms) / (total - idle)).toFixed(1).padStart(5)}%  ${name}`);
}
