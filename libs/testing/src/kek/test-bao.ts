import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { eventually } from '../eventually.js';
import { makeTestAuthority } from '../test-certificates.js';
import { baoProgram } from '../testing.config.js';

/**
 * A real OpenBao with the transit engine, over TLS, that keeps its keys through a kill.
 * @example const bao = await TestBao.start(dir); await bao.kill(); await bao.begin();
 */
export class TestBao {
  private child: ChildProcess | undefined;
  private unsealKey: string | undefined;

  private constructor(
    readonly url: string,
    readonly tokenFile: string,
    readonly caFile: string,
    private readonly dir: string,
  ) {}

  /** For a service or program that shall use it. */
  get environment(): Record<string, string> {
    return { HEED_KEK: 'kms', HEED_KEK_URL: this.url, HEED_KEK_TOKEN_FILE: this.tokenFile, HEED_KEK_CA_FILE: this.caFile };
  }

  static async start(dir: string): Promise<TestBao> {
    await mkdir(join(dir, 'data'), { recursive: true });
    const [port, clusterPort] = [await freePort(), await freePort()];
    const authority = await makeTestAuthority(join(dir, 'tls'));
    const { certFile, keyFile } = await authority.issue({ name: 'bao' });
    const listener = `listener "tcp" {\n address = "127.0.0.1:${port}"\n tls_cert_file = "${certFile}"\n tls_key_file = "${keyFile}"\n}`;
    const storage = `storage "raft" {\n path = "${join(dir, 'data')}"\n node_id = "one"\n performance_multiplier = 1\n}`;
    const addresses = `api_addr = "https://127.0.0.1:${port}"\ncluster_addr = "https://127.0.0.1:${clusterPort}"`;
    await writeFile(join(dir, 'bao.hcl'), `${storage}\n${listener}\n${addresses}\n`);
    const bao = new TestBao(`https://127.0.0.1:${port}`, join(dir, 'token'), authority.caFile, dir);
    await bao.begin();
    return bao;
  }

  /** Starts it, and unseals what it had. */
  async begin(): Promise<void> {
    this.child = spawn(baoProgram(), ['server', '-config', join(this.dir, 'bao.hcl')], { stdio: 'ignore' });
    await eventually(async () => void (await this.ask('GET', 'sys/seal-status')), { timeoutMs: 20_000 });
    if (this.unsealKey === undefined) await this.initialise();
    else await this.ask('POST', 'sys/unseal', { key: this.unsealKey });
    await eventually(async () => void (await this.ask('GET', 'sys/health', undefined, [200])), { timeoutMs: 20_000 }); // active: standing by is 429
  }

  /** A token that may do what the policy says, and nothing else. @returns its file */
  async tokenFor(name: string, policy: string): Promise<string> {
    await this.ask('POST', `sys/policies/acl/${name}`, { policy });
    const { auth } = (await this.ask('POST', 'auth/token/create', { policies: [name], no_default_policy: true })) as { auth: { client_token: string } };
    const file = join(this.dir, `${name}.token`);
    await writeFile(file, auth.client_token, { mode: 0o600 });
    return file;
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  private async initialise(): Promise<void> {
    const { keys_base64: [key], root_token: token } = (await this.ask('POST', 'sys/init', { secret_shares: 1, secret_threshold: 1 })) as { keys_base64: string[]; root_token: string };
    this.unsealKey = key;
    await writeFile(this.tokenFile, `${token}\n`, { mode: 0o600 });
    await this.ask('POST', 'sys/unseal', { key });
    await eventually(async () => void (await this.ask('POST', 'sys/mounts/transit', { type: 'transit' }, [204])), { timeoutMs: 20_000 });
  }

  private async ask(method: string, path: string, body?: object, fine: readonly number[] = [200, 204]): Promise<unknown> {
    const token = await readFile(this.tokenFile, 'utf8').catch(() => '');
    const ca = await readFile(this.caFile, 'utf8');
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}/v1/${path}`, { method, ca, headers: { 'x-vault-token': token.trim() } }, (response) => {
        json(response).catch(() => ({})).then((said) => {
          if (fine.includes(response.statusCode ?? 0)) resolve(said);
          else reject(new Error(`bao answered ${response.statusCode} to ${method} ${path}: ${JSON.stringify(said)}`));
        }, reject);
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
