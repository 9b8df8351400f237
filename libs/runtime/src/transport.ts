import { clientTlsEnvironment, loadConfig, ServerCertificate, TlsFloor, tlsVersion, trustAuthorities } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import type { Logger } from '@heed/observability';
import { strictestPromised } from '@heed/persistence';
import type { Database } from '@heed/persistence';
import { Server } from 'node:https';
import type { Server as HttpServer } from 'node:http';
import { z } from 'zod';
import type { Job } from './jobs.js';

/** How long a policy that asks for a newer TLS version may wait to be heard of. */
const LISTEN_EVERY_MS = 2_000;

/** The oldest TLS version of a service's connections, and the certificate it listens with where it listens with one. */
export class Transport {
  /** Of connections that the service opens. */
  readonly floor: TlsFloor;
  readonly certificate: ServerCertificate | undefined;
  private readonly listening: TlsFloor;

  /** @throws ConfigError where a TLS file is missing: the service does not start */
  constructor(environment: ServiceEnvironment) {
    this.floor = new TlsFloor(environment.HEED_TLS_MIN);
    this.listening = new TlsFloor(environment.HEED_TLS_MIN);
    this.listening.follow('1.3'); // until the database has said what the policies ask for
    this.certificate = ServerCertificate.open(environment, this.listening);
  }

  /** Lets both floors follow the active policies; nothing to do where the operator asks for the newest version anyway. */
  jobs(database: Database): readonly Job[] {
    return this.floor.settled ? [] : [{ name: 'tls-floor', everyMs: LISTEN_EVERY_MS, run: () => this.follow(database) }];
  }

  /** From now until the returned function is called: the newest certificate, the present floor; SIGHUP does not wait for the next look. */
  serve(server: HttpServer | Server, logger: Logger): () => void {
    const { certificate } = this;
    if (!certificate || !(server instanceof Server)) return () => undefined;
    const warn = (error: Error): void => logger.warn({ err: error }, 'the renewed certificate is not taken');
    const reload = (): void => certificate.reload(warn);
    certificate.serve(server, warn);
    process.on('SIGHUP', reload);
    return () => {
      process.off('SIGHUP', reload);
      certificate.close();
    };
  }

  private async follow(database: Database): Promise<void> {
    const promised = tlsVersion.optional().parse(await strictestPromised(database));
    this.floor.follow(promised);
    this.listening.follow(promised);
  }
}

/** For whoever runs as a process of its own. @throws ConfigError */
export function trustEnvironment(env: NodeJS.ProcessEnv): void {
  trustAuthorities(loadConfig(z.object(clientTlsEnvironment), env));
}
