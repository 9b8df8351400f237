import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../output/cli-error.js';
import { printLine, table } from '../output/print.js';
import type { Api } from '../system/api.js';

export interface Dispatch {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly targets: readonly Target[];
}

export interface Target {
  readonly dataStore: string;
  readonly state: string;
  readonly attempts?: number;
  readonly rows?: number | null;
  readonly residue?: number | null;
  readonly acknowledgedAt?: string | null;
  readonly evidence?: { readonly assurance?: string } | null;
}

/** States after which nothing more comes by itself. Held and overdue targets may still answer. */
const SETTLED = new Set(['done', 'nothing_found', 'refused', 'failed', 'cancelled', 'superseded', 'escalated']);
const WATCH_FOR_MS = 10 * 60_000;

export function showDispatch(dispatch: Dispatch): void {
  printLine(`${dispatch.kind} ${dispatch.id}: ${dispatch.state}`);
  if (dispatch.targets.length === 0) {
    printLine('No store is concerned.');
    return;
  }
  printLine();
  const rows = dispatch.targets.map((target) => [
    target.dataStore,
    target.state,
    text(target.rows),
    text(target.residue),
    target.evidence?.assurance ?? '',
    target.acknowledgedAt ?? '',
  ]);
  printLine(table(['store', 'state', 'rows', 'residue', 'proof', 'answered'], rows));
}

/** Waits until every store has answered; each answer is a line as it comes. */
export async function watchDispatch(api: Api, id: string, aloud: boolean): Promise<Dispatch> {
  const seen = new Map<string, string>();
  const begin = performance.now();
  for (;;) {
    const dispatch = await api.get<Dispatch>(`/v1/dispatches/${encodeURIComponent(id)}`);
    for (const target of dispatch.targets) {
      if (seen.get(target.dataStore) === target.state) continue;
      seen.set(target.dataStore, target.state);
      const after = `${((performance.now() - begin) / 1000).toFixed(2)} s`;
      if (aloud) printLine(`  ${after.padStart(8)}  ${target.dataStore.padEnd(16)} ${target.state}`);
    }
    if (dispatch.targets.every((target) => SETTLED.has(target.state))) return dispatch;
    if (performance.now() - begin > WATCH_FOR_MS) throw new CliError(`${id} is still ${dispatch.state} after ${WATCH_FOR_MS / 60_000} minutes.`);
    await sleep(150);
  }
}

function text(count: number | null | undefined): string {
  return count === undefined || count === null ? '' : String(count);
}
