import type { RefusedCalls } from '@heed/contracts-access';
import type { RefusedCall } from '@heed/http';
import { uuidv7 } from '@heed/kernel';
import type { Clock } from '@heed/kernel';

/** Kinds of refusals that are told apart in one minute of one tenant; the rest is counted as one. */
export const MOST_KINDS = 100;
/** Tenants whose refusals are counted in one minute. */
const MOST_TENANTS = 2000;
/** The rest of a minute with more kinds. */
const REST = { route: 'other', code: 'other', holderId: null } as const;

interface Minute {
  readonly at: number;
  readonly kinds: Map<string, { readonly route: string; readonly code: string; readonly holderId: string | null; count: number }>;
}

/** Refused calls of a minute, counted: however many there are, what is kept of them is bounded. */
export class Refusals {
  private minutes = new Map<string, Minute>();

  constructor(private readonly clock: Clock) {}

  note({ route, code, tenant = '', holderId }: RefusedCall): void {
    const at = Math.floor(this.clock.now().getTime() / 60_000) * 60_000;
    const minuteKey = `${at} ${tenant}`;
    let minute = this.minutes.get(minuteKey);
    if (!minute) {
      if (this.minutes.size >= MOST_TENANTS) return;
      this.minutes.set(minuteKey, (minute = { at, kinds: new Map() }));
    }
    const key = `${route} ${code} ${holderId ?? ''}`;
    const known = minute.kinds.get(key);
    if (known) known.count += 1;
    else if (minute.kinds.size < MOST_KINDS) minute.kinds.set(key, { route, code, holderId: holderId ?? null, count: 1 });
    else countRest(minute);
  }

  /** Hands out the minutes that are over, or all of them, by tenant; '' where the tenant is not known. */
  take(all = false): ReadonlyMap<string, readonly RefusedCalls[]> {
    const now = this.clock.now().getTime();
    const taken = new Map<string, RefusedCalls[]>();
    for (const [key, { at, kinds }] of this.minutes) {
      if (!all && at + 60_000 > now) continue;
      this.minutes.delete(key);
      const tenant = key.slice(key.indexOf(' ') + 1);
      const minute = new Date(at).toISOString();
      const calls = [...kinds.values()].map((kind) => ({ id: uuidv7(new Date(at)), minute, ...kind }));
      taken.set(tenant, [...(taken.get(tenant) ?? []), ...calls]);
    }
    return taken;
  }
}

function countRest({ kinds }: Minute): void {
  const rest = kinds.get('rest');
  if (rest) rest.count += 1;
  else kinds.set('rest', { ...REST, count: 1 });
}
