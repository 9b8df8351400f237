import type { Server } from 'node:http';

/** On SIGTERM or SIGINT: answer what is under way, accept nothing new, end. */
export function onEnd(server: Server, alsoClose: () => Promise<void> = async () => undefined): void {
  const end = (): void => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), 3_000);
    Promise.all([closed, alsoClose()]).then(
      () => {
        clearTimeout(late);
        process.exit(0);
      },
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
