import { accessReported } from '@heed/contracts-access';
import type { RefusedCalls, Sighting } from '@heed/contracts-access';
import type { RefusedCall } from '@heed/http';
import type { Identity } from '@heed/auth';
import { newEvent } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { Outbox } from '@heed/outbox';
import { isNotServed } from '@heed/persistence';
import type { UnitOfWork } from '@heed/persistence';
import { Refusals } from './refusals.js';
import { Sightings } from './sightings.js';

export interface AccessReportOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly unitOfWork: UnitOfWork;
}

/** Entries of one event. */
const PAGE = 500;
/** So many minutes of refusals wait for a database that is away. */
const MOST_WAITING = 5000;

/** Collects in memory who was seen and what was refused, and tells the registry: one transaction a tenant every few seconds. */
export class AccessReport {
  private readonly sightings: Sightings;
  private readonly refusals: Refusals;
  private waiting = new Map<string, readonly RefusedCalls[]>();

  constructor(private readonly options: AccessReportOptions) {
    this.sightings = new Sightings(options.clock);
    this.refusals = new Refusals(options.clock);
  }

  readonly saw = (identity: Identity): void => this.sightings.note(identity);
  readonly refused = (call: RefusedCall): void => this.refusals.note(call);

  /** @param last also the minute that is not over, because the process ends */
  async tell(last = false): Promise<void> {
    const sightings = this.sightings.take();
    const refusals = this.refusalsToTell(last);
    let failure: unknown;
    for (const tenant of new Set([...sightings.keys(), ...refusals.keys()])) {
      const [seen, refused] = [sightings.get(tenant) ?? [], refusals.get(tenant) ?? []];
      try {
        await this.publish(tenant, seen, refused);
      } catch (error) {
        if (isNotServed(error)) continue; // closed meanwhile
        this.sightings.putBack(tenant, seen);
        if (refused.length < MOST_WAITING) this.waiting.set(tenant, refused);
        failure ??= error;
      }
    }
    if (failure) throw failure;
  }

  /** Those whose tenant nobody knows have no table to stand in; they are logged. */
  private refusalsToTell(last: boolean): Map<string, readonly RefusedCalls[]> {
    const taken = new Map(this.refusals.take(last));
    for (const { minute, route, code, count } of taken.get('') ?? []) this.options.logger.info({ kind: 'refused', minute, route, code, count }, 'calls were refused');
    taken.delete('');
    for (const [tenant, refused] of this.waiting) taken.set(tenant, [...refused, ...(taken.get(tenant) ?? [])]);
    this.waiting = new Map();
    return taken;
  }

  private async publish(tenant: string, sightings: readonly Sighting[], refusals: readonly RefusedCalls[]): Promise<void> {
    const { service, clock, outbox, unitOfWork } = this.options;
    const pages = Math.ceil(Math.max(sightings.length, refusals.length) / PAGE);
    await unitOfWork.run(tenant, async (tx) => {
      const events = Array.from({ length: pages }, (_, page) => {
        const part = <T>(list: readonly T[]): T[] => list.slice(page * PAGE, (page + 1) * PAGE);
        const data = { service, sightings: part(sightings), refusals: part(refusals) };
        return newEvent(accessReported, { source: `/heed/${service}`, tenant, key: tenant, data, clock });
      });
      outbox.append(events, tx);
    });
  }
}
