import { createServer, request } from 'node:http';
import type { Server } from 'node:http';

/** The only way to an issuer under test: it can be closed, as if the issuer were gone, and it counts who asks for what. */
export class WayToIssuer {
  private readonly asked = new Map<string, number>();
  private server: Server | undefined;

  /** @param url the issuer's public address @param upstream where it really listens */
  constructor(
    private readonly url: URL,
    private readonly upstream: URL,
  ) {}

  async open(): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? '/';
      this.asked.set(path, this.timesAsked(path) + 1);
      const { hostname, port } = this.upstream;
      const forward = request({ hostname, port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      forward.on('error', () => outgoing.destroy());
      incoming.pipe(forward);
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(this.url.port), '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  timesAsked(path: string): number {
    return this.asked.get(path) ?? 0;
  }
}
