import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatch } from '../commands/show-dispatch.js';
import { CliError } from '../output/cli-error.js';
import type { Api } from '../system/api.js';
import type { Story } from './story.js';

const WITHIN_MS = 90_000;
const SETTLED = new Set(['done', 'nothing_found', 'refused', 'failed', 'cancelled', 'superseded', 'escalated']);

/** Asks until the answer will do. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new CliError(`${what} did not happen within ${WITHIN_MS / 1000} s: see "heed status" and the logs.`);
    await sleep(50);
  }
}

/** Tells of every store's answer as it comes, and keeps it for the table. */
export async function followDispatch(api: Api, story: Story, flow: string, id: string): Promise<Dispatch> {
  const answered = new Map<string, string>();
  return until(`the end of ${id}`, async () => {
    const dispatch = await api.get<Dispatch>(`/v1/dispatches/${encodeURIComponent(id)}`);
    for (const target of dispatch.targets) {
      if (answered.get(target.dataStore) === target.state) continue;
      answered.set(target.dataStore, target.state);
      const rows = typeof target.rows === 'number' ? `, ${target.rows} rows` : '';
      const proof = target.evidence?.assurance === undefined ? '' : `, ${inWords(target.evidence.assurance)}`;
      story.say(`${target.dataStore.padEnd(15)} ${target.state}${rows}${proof}`);
      if (!SETTLED.has(target.state)) continue;
      story.record({
        flow,
        who: target.dataStore,
        what: target.state,
        rows: String(target.rows ?? ''),
        residue: String(target.residue ?? ''),
        proof: inWords(target.evidence?.assurance ?? ''),
        after: story.elapsed(),
      });
    }
    return dispatch.targets.every((target) => SETTLED.has(target.state)) ? dispatch : undefined;
  });
}

function inWords(assurance: string): string {
  const words: Readonly<Record<string, string>> = {
    verified: 'read again, nothing left',
    processor_attested: 'the processor says so',
    applied: 'applied, signed',
  };
  return words[assurance] ?? assurance;
}
