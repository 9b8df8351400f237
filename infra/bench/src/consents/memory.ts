import type { ConsentCell } from './consent-cell.js';
import { PURPOSES } from './people.js';
import { quiet, storesAnswer } from './quiet.js';
import { rounded } from './report.js';
import type { Report } from './report.js';
import { uploadRate } from './upload-rate.js';

const FEW_LINES = 10_000;
const RECORDING_MINUTES = 3;
/** Sooner than anything is sent a second time. */
const ANSWERS_EVERY_MS = 15_000;

/**
 * The most that the service ever held, in a process of its own for each length: dry runs, which read, check and answer a million lines in a
 * minute, and as many lines as are recorded in some minutes. @param linesPerSecond what a recording upload reached before
 */
export async function memory(cell: ConsentCell, manyLines: number, linesPerSecond: number, report: Report): Promise<void> {
  const recorded = Math.max(2 * FEW_LINES, Math.min(manyLines, Math.floor((linesPerSecond * RECORDING_MINUTES * 60) / FEW_LINES) * FEW_LINES));
  await compare(cell, 'dry run', manyLines, '?dryRun=true', report);
  await compare(cell, 'recording', recorded, '', report);
}

async function compare(cell: ConsentCell, what: string, manyLines: number, query: string, report: Report): Promise<void> {
  const peaks: number[] = [];
  for (const lines of [FEW_LINES, manyLines]) {
    await cell.stopService();
    await cell.startService();
    const { gaveUp } = await quiet(cell);
    if (gaveUp) report.say(`NOT QUIET, what follows shares the cores: ${gaveUp}`);
    const answers = setInterval(() => void storesAnswer(cell).catch((error: unknown) => report.say(`the stores' answers could not be written: ${String(error)}`)), ANSWERS_EVERY_MS);
    const { seconds, failed } = await uploadRate(cell, lines, `m${lines}-${Date.now()}`, PURPOSES, query).finally(() => clearInterval(answers));
    const { peak } = await cell.memory();
    peaks.push(peak);
    report.keep(`${what} of ${lines} lines`, { seconds, peakMb: peak, failed });
    report.say(`/v1/consents/batch, ${what} of ${lines.toLocaleString('en')} lines of two decisions: ${rounded(lines / seconds)} lines/s, peak memory of the service ${rounded(peak)} MB${failed > 0 ? `, ${failed} FAILED` : ''}`);
  }
  const [few = 0, many = 0] = peaks;
  report.keep(`${what}: peak memory of many lines to few`, many / few);
  report.say(`${what}: peak memory at ${manyLines.toLocaleString('en')} lines against ${FEW_LINES.toLocaleString('en')}: ${rounded(100 * (many / few - 1), 1)} % more (aim: within 20 %)`);
}
