import { connect } from 'node:net';
import { isAlive } from '../process/process-identity.js';
import type { PartRecord, Probe } from './part-record.js';

export type Health = 'ready' | 'starting' | 'down';

/** Asks the part itself where it can be asked; a process without a port is as ready as its record says. */
export async function partHealth(record: PartRecord): Promise<Health> {
  if (!isAlive(record)) return 'down';
  if (record.probe.kind === 'log') return record.state;
  if (await probeAnswers(record.probe)) return 'ready';
  return record.state === 'starting' ? 'starting' : 'down';
}

export async function probeAnswers(probe: Exclude<Probe, { kind: 'log' }>): Promise<boolean> {
  return probe.kind === 'http' ? httpReady(probe.url) : tcpOpen(probe.port);
}

async function httpReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

function tcpOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
