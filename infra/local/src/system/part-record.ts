import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Home } from './home.js';
import { writeJson } from './write-json.js';

/** How one finds out whether a part is ready. */
const probe = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('http'), url: z.string() }),
  z.object({ kind: z.literal('tcp'), port: z.number() }),
  z.object({ kind: z.literal('log'), pattern: z.string() }),
]);
export type Probe = z.infer<typeof probe>;

/** The order in which parts end: services drain while everything they use is still there. */
export const PART_GROUPS = ['service', 'agent', 'router', 'support', 'kafka', 'postgres'] as const;

const partRecord = z.object({
  name: z.string(),
  group: z.enum(PART_GROUPS),
  pid: z.number(),
  startTime: z.string(),
  port: z.number().optional(),
  state: z.enum(['starting', 'ready']),
  probe,
});
/** What HEED_HOME/run/<part>.json holds about a running process. */
export type PartRecord = z.infer<typeof partRecord>;
export type PartGroup = PartRecord['group'];

export function writeRecord(home: Home, record: PartRecord): void {
  writeJson(home.record(record.name), record);
}

export function removeRecord(home: Home, name: string): void {
  rmSync(home.record(name), { force: true });
}

/** The recorded parts of a run folder; a file that is no record is skipped. */
export function readRecords(runDir: string): PartRecord[] {
  const files = list(runDir).filter((name) => name.endsWith('.json') && name !== 'system.json');
  return files.flatMap((name) => {
    try {
      const parsed = partRecord.safeParse(JSON.parse(readFileSync(join(runDir, name), 'utf8')));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}
