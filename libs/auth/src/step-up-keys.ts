import { unavailable } from '@heed/kernel';
import { createLocalJWKSet } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';

/** Asks for the public keys that sign step-ups, in the name of a tenant. */
export type FetchStepUpKeys = (tenant: string) => Promise<JSONWebKeySet>;

const FRESH_MS = 10 * 60_000;
const ASK_AGAIN_MS = 5_000;

/**
 * The registry's keys as last read. They serve on while it is away; for a key id that is not among them it is asked once
 * in five seconds and no more, so that forged tokens cannot be used to hammer it.
 */
export class StepUpKeys {
  private known: JSONWebKeySet | undefined;
  private readAt = -Infinity;
  private askedAt = -Infinity;
  private failure: unknown;
  private asking: Promise<void> | undefined;

  constructor(private readonly fetchKeys: FetchStepUpKeys) {}

  /** @throws HeedError `step_up_keys_unavailable` (503) when nobody can say whether there is such a key */
  async find(kid: string | undefined, tenant: string): Promise<JWTVerifyGetKey | undefined> {
    const has = (): boolean => this.known?.keys.some((key) => key.kid === kid) ?? false;
    if (!has() || Date.now() - this.readAt > FRESH_MS) await this.refresh(tenant);
    if (this.known && has()) return createLocalJWKSet(this.known);
    if (this.failure !== undefined) throw unavailable('step_up_keys_unavailable', 'The keys of step-ups cannot be read now; try again.', this.failure);
    return undefined;
  }

  private async refresh(tenant: string): Promise<void> {
    if (!this.asking && Date.now() - this.askedAt < ASK_AGAIN_MS) return;
    this.asking ??= this.ask(tenant).finally(() => (this.asking = undefined));
    await this.asking;
  }

  private async ask(tenant: string): Promise<void> {
    this.askedAt = Date.now();
    try {
      this.known = await this.fetchKeys(tenant);
      this.readAt = Date.now();
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
    }
  }
}
