import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Passwords of Kafka users, one file each (0600), made once. A password that is to replace another lies beside it until
 * the brokers have it: whoever is killed in between leaves two passwords, of which the next run makes one.
 */
export class KafkaSecrets {
  constructor(private readonly dir: string) {}

  /** The user's password; made when there is none. */
  of(user: string): string {
    return this.read(this.file(user)) ?? this.make(user);
  }

  has(user: string): boolean {
    return this.read(this.file(user)) !== undefined;
  }

  /** What is to become the user's password: the same until `settle`. */
  next(user: string): string {
    return this.read(this.nextFile(user)) ?? this.write(this.nextFile(user));
  }

  /** True between `next` and `settle`. */
  isChanging(user: string): boolean {
    return this.read(this.nextFile(user)) !== undefined;
  }

  /** The brokers have the next password: it is the user's now. */
  settle(user: string): void {
    renameSync(this.nextFile(user), this.file(user));
  }

  forget(user: string): void {
    for (const file of [this.file(user), this.nextFile(user)]) rmSync(file, { force: true });
  }

  private make(user: string): string {
    const mine = this.write(`${this.file(user)}.${process.pid}`);
    try {
      // A link, unlike a rename, leaves what another process made a moment earlier: both must hold the same password.
      linkSync(`${this.file(user)}.${process.pid}`, this.file(user));
      return mine;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      return this.of(user);
    } finally {
      rmSync(`${this.file(user)}.${process.pid}`, { force: true });
    }
  }

  private write(file: string): string {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const secret = randomBytes(24).toString('base64url');
    const partial = `${file}.part`;
    writeFileSync(partial, secret, { mode: 0o600 });
    renameSync(partial, file);
    return secret;
  }

  private read(file: string): string | undefined {
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  private file(user: string): string {
    return path.join(this.dir, `${user}.password`);
  }

  private nextFile(user: string): string {
    return path.join(this.dir, `${user}.next`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
