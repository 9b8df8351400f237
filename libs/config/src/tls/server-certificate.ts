import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { ConfigError } from '../config-error.js';
import type { ListenerTlsEnvironment } from './environment.js';
import { readPem } from './read-pem.js';
import type { TlsFloor } from './tls-floor.js';

/** Certificates are renewed beside a running process: it looks this often whether the files are others. */
const LOOK_EVERY_MS = 10_000;

/** The certificate that a process listens with: read at start, and again when its files change or on `reload`. */
export class ServerCertificate {
  private pair: { readonly cert: string; readonly key: string };
  private server: Server | undefined;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly files: { readonly cert: string; readonly key: string },
    private readonly floor: TlsFloor,
  ) {
    this.pair = this.read();
  }

  /** Undefined where the environment asks for no TLS. @throws ConfigError where a file is missing or the two do not belong together */
  static open(environment: ListenerTlsEnvironment, floor: TlsFloor): ServerCertificate | undefined {
    const { HEED_TLS_CERT_FILE: cert, HEED_TLS_KEY_FILE: key } = environment;
    if (cert === undefined && key === undefined) return undefined;
    if (cert === undefined) throw new ConfigError('Configuration refused: HEED_TLS_CERT_FILE: is missing, HEED_TLS_KEY_FILE is set');
    if (key === undefined) throw new ConfigError('Configuration refused: HEED_TLS_KEY_FILE: is missing, HEED_TLS_CERT_FILE is set');
    return new ServerCertificate({ cert, key }, floor);
  }

  /** Options of a server that is about to listen. */
  get options(): SecureContextOptions {
    return { ...this.pair, minVersion: this.floor.minVersion };
  }

  /**
   * Keeps a listening server on the newest certificate and the present floor. Handshakes follow at once; connections that
   * idle are closed, so that the next call shakes hands anew.
   * @param onProblem told why a renewed certificate is not taken: the one of before serves on
   */
  serve(server: Server, onProblem: (error: Error) => void): void {
    this.server = server;
    this.floor.onChange(() => this.apply());
    this.apply(); // the floor may have risen since the options were read
    this.timer = setInterval(() => this.reload(onProblem), LOOK_EVERY_MS).unref();
  }

  reload(onProblem: (error: Error) => void): void {
    try {
      const pair = this.read();
      if (pair.cert === this.pair.cert && pair.key === this.pair.key) return;
      this.pair = pair;
      this.apply();
    } catch (error) {
      onProblem(error instanceof Error ? error : new Error('unknown error'));
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.server = undefined;
  }

  private apply(): void {
    this.server?.setSecureContext(this.options);
    this.server?.closeIdleConnections();
  }

  private read(): { cert: string; key: string } {
    const pair = { cert: readPem('HEED_TLS_CERT_FILE', this.files.cert), key: readPem('HEED_TLS_KEY_FILE', this.files.key) };
    try {
      createSecureContext(pair); // between two writes of a renewal they do not belong together
    } catch (error) {
      throw new ConfigError(`Configuration refused: HEED_TLS_KEY_FILE: does not fit HEED_TLS_CERT_FILE (${error instanceof Error ? error.message : 'unknown'})`);
    }
    return pair;
  }
}
