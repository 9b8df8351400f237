import { endProcess } from '../process/end-process.js';
import { isAlive } from '../process/process-identity.js';
import type { Home } from './home.js';
import { PART_GROUPS, readRecords, removeRecord } from './part-record.js';

/** Ends what a killed start left behind, by recorded pid and start time, in the order of an ordinary stop. */
export async function endLeftovers(home: Home): Promise<string[]> {
  const records = readRecords(home.run());
  const left = records.filter(isAlive);
  for (const group of PART_GROUPS) {
    const signal = group === 'postgres' ? 'SIGINT' : 'SIGTERM';
    const members = left.filter((record) => record.group === group);
    await Promise.all(members.map((record) => endProcess(record, { signal, graceMs: 10_000 })));
  }
  for (const record of records) removeRecord(home, record.name);
  return left.map((record) => record.name);
}
