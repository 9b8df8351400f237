import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const HEED = join(import.meta.dirname, '..', '..', '..', 'libs', 'cli', 'bin', 'heed.js');

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The `heed` command as a person types it. */
export class HeedCommand {
  constructor(private readonly home: string) {}

  async run(...args: readonly string[]): Promise<CommandEnd> {
    const child = this.#spawn(args);
    const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit') as Promise<[number | null]>]);
    return { code, out, err };
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    const end = await this.run(...args, '--json');
    if (end.code !== 0) throw new Error(end.err);
    return JSON.parse(end.out) as T;
  }

  /** `heed start`; resolves once it says that all is ready. */
  async start(): Promise<RunningHeed> {
    const running = this.begin();
    await running.said('Heed is ready after');
    return running;
  }

  /** `heed start`, still on its way. */
  begin(): RunningHeed {
    return new RunningHeed(this.#spawn(['start']));
  }

  #spawn(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [HEED, ...args], {
      env: { ...process.env, HEED_HOME: this.home, HEED_PORT_BASE: '0', NODE_ENV: 'test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

export class RunningHeed {
  #output = '';
  readonly exited: Promise<number | null>;
  readonly #onOutput = new Set<() => void>();

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk;
        for (const look of this.#onOutput) look();
      });
    }
    this.exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  /** Waits for words in its output; ends with an error when the command ends first. */
  async said(words: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!this.#output.includes(words)) return;
        this.#onOutput.delete(look);
        resolve();
      };
      this.#onOutput.add(look);
      look();
      void this.exited.then((code) => reject(new Error(`heed start ended with ${String(code)}:\n${this.#output}`)));
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}
