import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * A broker that can be taken away: passes bytes on to the real one, and rewrites the address that it names itself by, so that
 * clients come back here.
 */
export class Toxic {
  private readonly sockets = new Set<Socket>();
  private up = true;

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async of(broker: string): Promise<Toxic> {
    const [host = '127.0.0.1', port = '9092'] = broker.split(':');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = (server.address() as AddressInfo).port;
    const toxic = new Toxic(server, `127.0.0.1:${own}`);
    server.on('connection', (client) => toxic.pass(client, host, Number(port), own));
    return toxic;
  }

  /** Nobody gets through, and whoever is there is thrown out. */
  cut(): void {
    this.up = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.up = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(client: Socket, host: string, port: number, own: number): void {
    if (!this.up) return void client.destroy();
    const upstream = connect(port, host);
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => {
        this.sockets.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes) => client.write(renamed(bytes, host, port, own)));
  }
}

/** In metadata a broker is its host as a string and its port as four bytes. */
function renamed(bytes: Buffer, host: string, port: number, own: number): Buffer {
  const [from, to] = [port, own].map((number) => {
    const tail = Buffer.alloc(4);
    tail.writeInt32BE(number);
    return Buffer.concat([Buffer.from(host), tail]);
  });
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from!); at >= 0; at = copy.indexOf(from!, at + 1)) to!.copy(copy, at);
  return copy;
}
