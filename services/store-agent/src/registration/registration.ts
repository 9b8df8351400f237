import { isHeedError, Loop } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { AgentConfig } from '../config/agent.config.js';
import type { AgentKeyRing } from '../keys/agent-key-ring.js';
import { register, registrationOf, REVOKED } from './register.js';

/** How often it is looked whether new keys are known everywhere. */
const LOOK_EVERY_MS = 1000;

/** Tells the registry which stores are served and with which keys, until it is so; and once more when keys change. */
export class Registration {
  private loop: Loop | undefined;
  private told = '';

  constructor(
    private readonly config: AgentConfig,
    private readonly keys: AgentKeyRing,
    private readonly logger: Logger,
  ) {}

  start(): void {
    const loop = new Loop({
      idleMs: LOOK_EVERY_MS,
      step: async () => {
        if (await this.registered()) loop.finish();
        return false;
      },
      onError: (error) => this.failed(error),
    });
    this.loop = loop;
    loop.start();
  }

  async stop(): Promise<void> {
    await this.loop?.stop();
  }

  /** New keys: offered now, in use once every owner of dispatches has them. Commands under way are for the former, which are kept. */
  async changeKeys(): Promise<void> {
    await this.keys.renew();
    await this.stop();
    this.logger.info({ tenant: this.config.file.tenant, kid: this.keys.offered.signing.kid }, 'new keys are offered to the registry');
    this.start();
  }

  /** @returns whether there is nothing left to wait for */
  private async registered(): Promise<boolean> {
    const { file, env } = this.config;
    const { stores } = registrationOf(file.stores, this.keys.offered);
    const maxBackupAges = stores.map((store) => store.maxBackupAge);
    const { active } = await register({ stores }, env).catch(async (error: unknown) => {
      if (isHeedError(error) && error.code === REVOKED) await this.keys.replaceOffered(maxBackupAges); // offered with the next attempt
      throw error;
    });
    // An agent has no port: this line is how a supervisor knows that it is ready, whatever the log level.
    const ready = this.logger.child({}, { level: 'info' });
    if (this.told !== 'registered') ready.info({ tenant: file.tenant, count: stores.length }, 'stores registered');
    this.told = 'registered';
    if (!this.keys.changing) return true;
    if (!active) return false;
    await this.keys.exchange(maxBackupAges);
    ready.info({ tenant: file.tenant, kid: this.keys.signing.kid }, 'new keys are in use');
    return true;
  }

  private failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (reason !== this.told) this.logger.warn({ tenant: this.config.file.tenant, err: error }, 'stores are not registered yet');
    this.told = reason;
  }
}
