import type { ServerResponse } from 'node:http';
import { partHealth, type Health } from '../system/part-health.js';
import { readRecords } from '../system/part-record.js';
import { partsNow } from '../system/system-record.js';

export interface PartReadiness {
  readonly name: string;
  readonly health: Health;
}

/** Ready when every part that should run is recorded and answers. */
export async function readiness(runDir: string, expected: readonly string[]): Promise<{ ready: boolean; parts: PartReadiness[] }> {
  const records = new Map(readRecords(runDir).map((record) => [record.name, record]));
  const parts = await Promise.all(
    expected.map(async (name): Promise<PartReadiness> => {
      const record = records.get(name);
      return { name, health: record === undefined ? 'down' : await partHealth(record) };
    }),
  );
  return { ready: parts.every((part) => part.health === 'ready'), parts };
}

export async function sendReadiness(response: ServerResponse, runDir: string, expected: readonly string[]): Promise<void> {
  const { ready, parts } = await readiness(runDir, partsNow(runDir) ?? expected);
  const body = JSON.stringify({ status: ready ? 'ready' : 'not_ready', parts });
  response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json', ...(ready ? {} : { 'retry-after': '1' }) });
  response.end(body);
}
