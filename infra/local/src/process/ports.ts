import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StartError } from './start-error.js';

/** Below the range from which systems take the local ports of outgoing connections, so that none is lost meanwhile. */
const FIRST = 20_000;
const LAST = 31_999;

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isPortFree(port)) return port;
  }
  throw new StartError('port_taken', `No free port was found between ${FIRST} and ${LAST}: end programs that hold many, or set HEED_PORT_BASE.`);
}

/** Several at once, so that they differ from each other. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Refuses early and by name, instead of letting a child process die with a stack trace. */
export async function assertPortFree(port: number, part: string): Promise<void> {
  if (await isPortFree(port)) return;
  throw new StartError(
    'port_taken',
    `Port ${port} (${part}) is taken by another program: stop that program, or move all of Heed's ports with ` +
      'HEED_PORT_BASE=5100 (0 picks free ones).',
  );
}
