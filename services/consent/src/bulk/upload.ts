import type { Call } from '@heed/http';
import { HeedError, uuidv7 } from '@heed/kernel';
import { Readable } from 'node:stream';
import type { DecisionCall } from '../consent-record/decision-call.js';
import { readLine } from './bulk-line.js';
import type { BulkLine, UnreadableLine } from './bulk-line.js';
import { IdleWatch } from './idle-watch.js';
import { LineReader } from './line-reader.js';
import { failed } from './line-result.js';
import type { LineResult } from './line-result.js';
import type { BulkCall, RecordLines } from './record-lines.use-case.js';

export interface UploadOptions {
  /** Nothing is recorded; each line is told what would become of it. */
  readonly dryRun: boolean;
  /** A decision that changes nothing is not written again. */
  readonly onlyChanges: boolean;
}

/** An upload that neither sends nor takes anything for so long is ended: it has one of the few slots. */
const IDLE_MS = 60_000;

/** What upload gives, as a stream, and cut off together with what is sent where nothing moves any more. */
export function uploadResults(stream: Readable, call: Call, lines: Lines, options: UploadOptions, idleMs = IDLE_MS): Readable {
  const watch = new IdleWatch(idleMs, () => {
    const reason = new HeedError({ kind: 'unavailable', code: 'upload_idle', detail: 'Nothing was sent or read for too long; send all of it again.', retryAfterSeconds: 5 });
    stream.destroy(reason); // a read that waits ends with it
    results.destroy(reason);
  });
  const results = Readable.from(upload(stream, call, lines, options, watch), { objectMode: false });
  return results.once('close', () => watch.hold());
}

type Lines = Pick<RecordLines, 'look' | 'record'>;

/**
 * Results of an upload, in the order of its lines. It reads on only while somebody takes the results: a reader that is slow,
 * or stops, slows or stops the sender. The next lines are read while the database has those before.
 */
async function* upload(stream: Readable, call: Call, lines: Lines, options: UploadOptions, watch: IdleWatch): AsyncGenerator<string> {
  const isAtWork = { now: false };
  const reader = new LineReader(stream, () => {
    if (!isAtWork.now) watch.touch();
  });
  try {
    let next = readNext(reader, call);
    for (;;) {
      const batch = await next;
      if (batch.length === 0) return;
      watch.hold();
      isAtWork.now = true;
      const results = carryOut(batch, call, lines, options);
      next = readNext(reader, call);
      next.catch(() => undefined); // told below, after what was recorded
      const done = await results;
      isAtWork.now = false;
      watch.touch();
      yield done.map((result) => `${JSON.stringify(result)}\n`).join('');
      watch.touch();
      if (done.some(({ status }) => status === 'unknown')) return; // what follows would meet the same; it is sent again
    }
  } finally {
    reader.close();
  }
}

type Line = BulkLine | UnreadableLine;

const readNext = async (reader: LineReader, { fingerprint }: Call): Promise<readonly Line[]> => (await reader.next()).map((line) => readLine(line, fingerprint));

async function carryOut(batch: readonly Line[], call: Call, lines: Lines, { dryRun, onlyChanges }: UploadOptions): Promise<readonly LineResult[]> {
  const results: LineResult[] = [];
  for (const part of withoutRepeats(batch)) {
    const readable = part.flatMap((line) => ('error' in line ? [] : [{ ...line, decisions: { ...callOf(call, line), onlyChanges } }]));
    const done = readable.length === 0 ? [] : dryRun ? await lines.look(call, readable) : await lines.record(call, readable);
    const byNumber = new Map(done.map((result) => [result.line, result]));
    results.push(...part.map((line) => ('error' in line ? failed(line, line.error) : byNumber.get(line.number)!)));
    if (done.some(({ status }) => status === 'unknown')) break;
  }
  return results;
}

/** The same id twice is the first line and its duplicate, which looks for what the first has left. */
function* withoutRepeats(batch: readonly Line[]): Generator<readonly Line[]> {
  let part: Line[] = [];
  const ids = new Set<string>();
  for (const line of batch) {
    if (line.id !== null && ids.has(line.id)) {
      yield part;
      part = [];
      ids.clear();
    }
    if (line.id !== null) ids.add(line.id);
    part.push(line);
  }
  yield part;
}

function callOf(call: Call, { body }: BulkLine): DecisionCall {
  const { subject, occurredAt, jurisdiction, domain } = body.set;
  const from = { id: uuidv7(), actor: call.actor, cause: call.cause, subject, occurredAt, jurisdiction, domain };
  if (body.kind === 'decisions') {
    const { method, decisions, notice, age, childSignal, parentalConsent, ip } = body.set;
    return { ...from, channel: method, decisions, notice, age, childSignal, parentalConsent, network: ip };
  }
  const { purposes, channel } = body.set;
  return { ...from, channel, decisions: purposes === 'all' ? 'withdraw_all' : purposes.map((purpose) => ({ purpose, decision: 'withdrawn' as const })) };
}

export type { BulkCall };
