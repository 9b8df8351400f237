import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeedError } from '@heed/kernel';
import { unwrapUnder, wrapUnder } from '../field/key-wrap.js';
import { kekMissing, kekRefused, newestKept } from './kek-provider.js';
import type { KekModule, KekProvider, WrappedKey } from './kek-provider.js';

/** Readable by its owner alone. */
const FILE_MODE = 0o600;

/**
 * Key-encryption keys in files of one folder, `<tenant>.<version>.kek`: for development, because whoever copies the disk
 * has the keys as well. A version is a file of its own, so that two processes never write the same one.
 */
export class FileKek implements KekProvider {
  constructor(private readonly dir: string) {}

  async ensure(tenant: string): Promise<void> {
    if ((await this.current(tenant)) === undefined) await this.make(tenant, 1);
  }

  async current(tenant: string): Promise<number | undefined> {
    return (await this.versions(tenant)).at(-1);
  }

  async wrap(tenant: string, key: Buffer, aad: string): Promise<WrappedKey> {
    const version = await this.current(tenant);
    if (version === undefined) throw kekMissing(tenant);
    return { version, bytes: wrapUnder(await this.read(tenant, version), key, bound(tenant, aad)) };
  }

  async unwrap(tenant: string, { version, bytes }: WrappedKey, aad: string): Promise<Buffer> {
    const kek = await this.read(tenant, version);
    try {
      return unwrapUnder(kek, bytes, bound(tenant, aad));
    } catch (error) {
      throw kekRefused(tenant, error);
    }
  }

  async rotate(tenant: string): Promise<number> {
    const newest = await this.current(tenant);
    if (newest === undefined) throw kekMissing(tenant);
    await this.make(tenant, newest + 1);
    return newest + 1;
  }

  async retire(tenant: string, version: number): Promise<void> {
    const versions = await this.versions(tenant);
    if (version >= (versions.at(-1) ?? 0)) throw newestKept(tenant, version);
    for (const old of versions) if (old <= version) await unlink(this.file(tenant, old));
  }

  async destroy(tenant: string): Promise<void> {
    for (const version of await this.versions(tenant)) await unlink(this.file(tenant, version));
  }

  async describe(): Promise<KekModule> {
    return { provider: 'file', maker: 'Heed', model: 'files', binding: this.dir };
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  private file(tenant: string, version: number): string {
    return path.join(this.dir, `${tenant}.${version}.kek`);
  }

  private async versions(tenant: string): Promise<readonly number[]> {
    const names = await readdir(this.dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const numbers = names.map((name) => (name.startsWith(`${tenant}.`) ? /^\.([1-9][0-9]*)\.kek$/.exec(name.slice(tenant.length))?.[1] : undefined));
    return numbers.filter((number) => number !== undefined).map(Number).sort((a, b) => a - b);
  }

  private async read(tenant: string, version: number): Promise<Buffer> {
    const file = this.file(tenant, version);
    try {
      if (((await stat(file)).mode & 0o077) !== 0) throw new HeedError({ kind: 'internal', code: 'kek_exposed', detail: `${file} may be read by others: chmod 600 it, and rotate.` });
      return Buffer.from(await readFile(file, 'utf8'), 'base64url');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw kekMissing(tenant, version);
      throw error;
    }
  }

  /** Written whole or not at all; where another process was first, its key counts. */
  private async make(tenant: string, version: number): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const temporary = path.join(this.dir, `.${tenant}.${version}.${process.pid}.${randomBytes(4).toString('hex')}`);
    await writeFile(temporary, randomBytes(32).toString('base64url'), { mode: FILE_MODE, flush: true });
    await link(temporary, this.file(tenant, version)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(temporary);
  }
}

const bound = (tenant: string, aad: string): string => `${tenant}|${aad}`;
