import { asDiskFull } from '../process/disk.js';
import { freePort } from '../process/ports.js';
import { sweepAtStart } from '../tenants/sweep-at-start.js';
import { TenantWatch } from '../tenants/tenant-watch.js';
import { stepsAfterServices } from './after-services.js';
import { prepareContext } from './prepare-context.js';
import { local, type ServiceName, type SystemContext } from './context.js';
import { Home, prepareHome } from './home.js';
import { jobs } from './jobs.js';
import { endLeftovers } from './leftovers.js';
import type { LocalConfig } from './local.config.js';
import { lockHome } from './lock.js';
import { ManagedPart, type PartDefinition } from './managed-part.js';
import { nodeProgram } from './node-part.js';
import { PART_GROUPS } from './part-record.js';
import { agentName, agentPart, partSpecs, replicaPart, type PartSpec } from './parts.js';
import { preflight } from './preflight.js';
import { runInOrder, type Step } from './run-in-order.js';
import { serverParts } from './servers.js';
import { readSecrets } from './secrets.js';
import { recordOf, removeSystemRecord, writeSystemRecord } from './system-record.js';
import type { LocalTenant } from './tenants.js';

export interface SystemOptions extends LocalConfig {
  /** Start a part again when it ends by itself. Tests that kill parts say false. */
  readonly restartCrashed?: boolean;
  /** Added to the environment of every one of Heed's own programs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Leave parts out, e.g. when a test brings its own. */
  readonly without?: readonly string[];
  readonly onStep?: (step: { readonly name: string; readonly ms: number; readonly port?: number | undefined }) => void;
  readonly onNotice?: (line: string) => void;
  /** Everything that can be looked at beforehand is in order: from here on there is something in HEED_HOME. */
  readonly onBegin?: () => void;
}

/** Somebody who waits this long for the end wants to know for whom. */
const SLOW_END_MS = 2_000;

/**
 * The whole of Heed on one computer: servers, jobs, services, agents and router, each a process of its own.
 *
 * @example
 * const system = new LocalSystem({ ...readLocalConfig(), portBase: 0, home });
 * await system.start();
 * await system.part('consent').kill('SIGKILL');
 */
export class LocalSystem {
  readonly home: Home;
  #context: SystemContext | undefined;
  #unlock: (() => void) | undefined;
  #stopping = false;
  readonly #parts = new Map<string, ManagedPart>();
  /** Served no more, their drop not finished: nothing is begun for them. */
  readonly #closed = new Set<string>();
  #watch: TenantWatch | undefined;

  constructor(private readonly options: SystemOptions) {
    this.home = new Home(options.home);
  }

  get context(): SystemContext {
    if (this.#context === undefined) throw new Error('the system has not been started');
    return this.#context;
  }

  get origin(): string {
    return this.context.origin;
  }

  /** Where sent mail is read. */
  get mail(): string {
    return local(this.context.ports['mail-sink']);
  }

  get parts(): ManagedPart[] {
    return [...this.#parts.values()];
  }

  part(name: string): ManagedPart {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`there is no part ${name}; there are ${[...this.#parts.keys()].join(', ')}`);
    return part;
  }

  /** Starts everything and waits until all of it is ready; on a failure what was started is ended again. */
  async start(): Promise<void> {
    const tenants = await preflight(this.home, this.options);
    try {
      prepareHome(this.home, this.options.minFreeMb);
      this.#unlock = lockHome(this.home);
      const left = await endLeftovers(this.home);
      if (left.length > 0) this.#notice(`ended what an earlier start had left: ${left.join(', ')}`);
      this.#context = await prepareContext(this.home, tenants, this.options);
      this.options.onBegin?.();
      const specs = this.#specs();
      this.#recordSystem(specs.map((spec) => spec.name));
      await runInOrder(this.#steps(specs), () => this.#stopping);
      if (this.#stopping) return;
      this.#followTenants();
      if (this.options.without?.includes('sweep') !== true) await sweepAtStart(this.home, this.context.env, (line) => this.#notice(line));
    } catch (error) {
      await this.stop();
      throw asDiskFull(error, this.home.dir) ?? error;
    }
  }

  /** Ends everything in order: services drain first, while what they use is still there. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const watch = this.#watch?.stop();
    for (const group of PART_GROUPS) {
      const parts = this.parts.filter((part) => part.group === group && part.pid !== undefined);
      const left = (): string => parts.filter((part) => part.pid !== undefined).map((part) => part.name).join(', ');
      const slow = setInterval(() => this.#notice(`still ending: ${left()}`), SLOW_END_MS);
      await Promise.all(this.parts.filter((part) => part.group === group).map((part) => part.stop())).finally(() => clearInterval(slow));
    }
    await watch;
    this.#release();
  }

  /** Ends everything at once. What was answered stays: PostgreSQL and Kafka recover it at the next start. */
  async kill(): Promise<void> {
    this.#stopping = true;
    const watch = this.#watch?.stop();
    await Promise.all(this.parts.map((part) => part.kill('SIGKILL')));
    await watch;
    this.#release();
  }

  /** Starts one more instance of a service beside the first, under the name `consent-2` and so on. */
  async addReplica(service: ServiceName): Promise<ManagedPart> {
    const count = this.parts.filter((part) => part.name === service || part.name.startsWith(`${service}-`)).length;
    const name = `${service}-${count + 1}`;
    const part = this.#manage(this.#ownPart(replicaPart(this.context, service, name, await freePort())));
    await part.start();
    return part;
  }

  #specs(): PartSpec[] {
    const without = this.options.without ?? [];
    return partSpecs(this.context).filter((spec) => !without.includes(spec.name));
  }

  #steps(specs: readonly PartSpec[]): Step[] {
    const servers = serverParts(this.context, {
      postgres: this.options.postgresUrl === undefined,
      keysPostgres: this.options.keysPostgresUrl === undefined,
      kafka: this.options.kafka === undefined,
      onDownload: () => this.#notice('fetching Kafka by Maven; this happens once'),
    });
    const without = this.options.without ?? [];
    return [
      ...servers.map((server) => this.#partStep(this.#manage(server), [])),
      ...[...jobs(this.context), ...stepsAfterServices(this.context, (line) => this.#notice(line), this.#closed)]
        .filter((job) => !without.includes(job.name))
        .map((job) => this.#timed(job)),
      ...specs.map((spec) => this.#partStep(this.#manage(this.#ownPart(spec)), spec.after)),
    ];
  }

  #ownPart(spec: PartSpec): PartDefinition {
    const logFile = this.home.log(spec.name);
    return { ...spec, launch: nodeProgram({ ...spec, logFile, compileCache: this.home.data('compile-cache'), onWaiting: (reason) => this.#notice(reason) }) };
  }

  #manage(definition: PartDefinition): ManagedPart {
    const part = new ManagedPart(definition, {
      home: this.home,
      restartCrashed: this.options.restartCrashed ?? true,
      onNotice: (line) => this.#notice(line),
    });
    this.#parts.set(part.name, part);
    return part;
  }

  #partStep(part: ManagedPart, after: readonly string[]): Step {
    const run = async (): Promise<void> => {
      if (![...this.#closed].some((tenant) => part.name === agentName(tenant))) await part.start();
    };
    return this.#timed({ name: part.name, after, run }, part.port);
  }

  /** Agents come and go with their tenants, while everything else runs on. */
  #followTenants(): void {
    const without = this.options.without ?? [];
    const agents = (): string[] => this.context.tenants.map(({ id }) => id).filter((id) => this.#parts.has(agentName(id)) || without.includes(agentName(id)));
    this.#watch = new TenantWatch({
      home: this.home,
      running: agents,
      begin: (tenant) => this.#beginAgent(tenant),
      end: (tenant) => this.#endAgent(tenant),
      onError: (error) => this.#notice(`tenants cannot be followed: ${error instanceof Error ? error.message : 'unknown error'}`),
    });
    this.#watch.start();
  }

  async #beginAgent(tenant: LocalTenant): Promise<void> {
    const tenants = [...this.context.tenants.filter(({ id }) => id !== tenant.id), tenant];
    this.#context = { ...this.context, tenants, secrets: readSecrets(this.home) ?? this.context.secrets };
    const part = this.#manage(this.#ownPart(agentPart(this.context, tenant.id)));
    this.#recordSystem(this.#ownParts());
    await part.start();
    this.#notice(`tenant ${tenant.id} is here`);
  }

  async #endAgent(id: string): Promise<void> {
    const name = agentName(id);
    await this.#parts.get(name)?.stop();
    this.#parts.delete(name);
    this.#context = { ...this.context, tenants: this.context.tenants.filter((tenant) => tenant.id !== id) };
    this.#recordSystem(this.#ownParts());
    this.#notice(`tenant ${id} is gone`);
  }

  /** All but servers and replicas, which `heed status` finds by their own records. */
  #ownParts(): string[] {
    const expected = partSpecs(this.context).map((spec) => spec.name);
    return expected.filter((name) => this.#parts.has(name));
  }

  #timed(step: Step, port?: number): Step {
    const run = async (): Promise<void> => {
      const begin = performance.now();
      await step.run();
      this.options.onStep?.({ name: step.name, ms: performance.now() - begin, port });
    };
    return { ...step, run };
  }

  #recordSystem(parts: readonly string[]): void {
    writeSystemRecord(this.home, recordOf(this.context, this.options, this.mail, parts));
  }

  /** Only what is ours: a start that was refused because another one runs must not remove that one's record. */
  #release(): void {
    if (this.#unlock === undefined) return;
    removeSystemRecord(this.home);
    this.#unlock();
    this.#unlock = undefined;
  }

  #notice(line: string): void {
    this.options.onNotice?.(line);
  }
}
