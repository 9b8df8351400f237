import { createServer } from 'node:net';
import { StartError } from './start-error.js';

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was given'));
        else resolve(address.port);
      });
    });
  });
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
