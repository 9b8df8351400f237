import type { Child, ChildExit } from '../process/child.js';
import type { Home } from './home.js';
import { removeRecord, writeRecord, type PartGroup, type Probe } from './part-record.js';

/** A running process and how it likes to be ended. */
export interface Launched {
  readonly child: Child;
  stop(): Promise<void>;
}

/** Starts a process; resolves when it is ready, tells of it as soon as it exists. */
export type Launch = (run: { env: Readonly<Record<string, string>>; onSpawn: (child: Child) => void }) => Promise<Launched>;

export interface PartDefinition {
  readonly name: string;
  readonly group: PartGroup;
  readonly port?: number;
  readonly probe: Probe;
  readonly launch: Launch;
}

export interface PartSurroundings {
  readonly home: Home;
  /** Start a part again that ended by itself. */
  readonly restartCrashed: boolean;
  readonly onNotice: (line: string) => void;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** A part that ran this long before it crashed starts over with the shortest wait. */
const STEADY_MS = 60_000;

/** One process of the system under supervision: started, recorded, started again when it ends by itself. */
export class ManagedPart {
  #child: Child | undefined;
  #launched: Launched | undefined;
  #state: 'down' | 'starting' | 'ready' = 'down';
  #deliberate = true;
  #backoffMs = FIRST_BACKOFF_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly definition: PartDefinition,
    private readonly around: PartSurroundings,
  ) {}

  get name(): string {
    return this.definition.name;
  }

  get group(): PartGroup {
    return this.definition.group;
  }

  get port(): number | undefined {
    return this.definition.port;
  }

  get state(): 'down' | 'starting' | 'ready' {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.exit === undefined ? this.#child?.pid : undefined;
  }

  /** How the present run ends, or the last one ended. */
  get exited(): Promise<ChildExit> {
    if (this.#child === undefined) throw new Error(`${this.name} was never started`);
    return this.#child.exited;
  }

  /** Starts and waits until it is ready. The extra environment counts for this run only, not for one after a crash. */
  async start(run: { readonly env?: Readonly<Record<string, string>> } = {}): Promise<void> {
    if (this.pid !== undefined) return;
    clearTimeout(this.#timer);
    this.#deliberate = false;
    this.#state = 'starting';
    const startedAt = performance.now();
    try {
      this.#launched = await this.definition.launch({ env: run.env ?? {}, onSpawn: (child) => this.#spawned(child, startedAt) });
      if (this.pid !== undefined) this.#record('ready');
    } catch (error) {
      this.#state = 'down';
      throw error;
    }
  }

  /** Ends it in order and leaves it down. */
  async stop(): Promise<void> {
    this.#leaveDown();
    if (this.#launched !== undefined) await this.#launched.stop();
    else await this.#child?.stop(this.group === 'postgres' ? 'SIGINT' : 'SIGTERM', 10_000);
    this.#ended();
  }

  /** Sends the signal and waits for the end; it stays down until `start`. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ChildExit | undefined> {
    this.#leaveDown();
    this.#child?.signal(signal);
    const exit = await this.#child?.exited;
    this.#ended();
    return exit;
  }

  async restart(run: { readonly env?: Readonly<Record<string, string>> } = {}): Promise<void> {
    await this.stop();
    await this.start(run);
  }

  #leaveDown(): void {
    this.#deliberate = true;
    clearTimeout(this.#timer);
  }

  #spawned(child: Child, startedAt: number): void {
    this.#child = child;
    this.#launched = undefined;
    this.#record('starting');
    void child.exited.then((exit) => this.#onExit(child, exit, startedAt));
    // An end that was asked for while the process was being made must reach it all the same.
    if (this.#deliberate) child.signal(this.group === 'postgres' ? 'SIGINT' : 'SIGTERM');
  }

  #onExit(child: Child, exit: ChildExit, startedAt: number): void {
    if (child !== this.#child || this.#deliberate) return;
    const wasReady = this.#state === 'ready';
    this.#ended();
    // Before the first readiness the caller of start() hears of it.
    if (!wasReady || !this.around.restartCrashed) return;
    if (performance.now() - startedAt > STEADY_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    this.#startAgain(`${this.name} ended (${describeExit(exit)})`);
  }

  #startAgain(reason: string): void {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(waitMs * 2, LONGEST_BACKOFF_MS);
    this.around.onNotice(`${reason}; starting it again in ${waitMs / 1000} s, log: ${this.around.home.log(this.name)}`);
    this.#timer = setTimeout(() => {
      this.start().then(
        () => this.around.onNotice(`${this.name} is ready again`),
        (error: unknown) => {
          if (!this.#deliberate) this.#startAgain(error instanceof Error ? error.message : `${this.name} did not start`);
        },
      );
    }, waitMs);
  }

  #ended(): void {
    this.#state = 'down';
    removeRecord(this.around.home, this.name);
  }

  #record(state: 'starting' | 'ready'): void {
    if (this.#child === undefined) return;
    this.#state = state;
    const { name, group, port, probe } = this.definition;
    writeRecord(this.around.home, { name, group, ...(port === undefined ? {} : { port }), probe, state, ...this.#child.identity });
  }
}

export function describeExit(exit: ChildExit): string {
  return exit.signal ?? `exit code ${exit.code ?? 'unknown'}`;
}
