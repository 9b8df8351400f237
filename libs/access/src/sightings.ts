import type { Identity } from '@heed/auth';
import type { Sighting } from '@heed/contracts-access';
import type { Clock } from '@heed/kernel';

/** More at once are not told; they are seen again with their next token. */
const MOST = 10_000;

/** Who was seen since it was told last, by tenant. A token costs one map write, when it is verified. */
export class Sightings {
  private seen = new Map<string, { tenant: string; sighting: Sighting }>();

  constructor(private readonly clock: Clock) {}

  note(identity: Identity): void {
    const { principal, sessionId, holderId, applicationId } = identity;
    if (!principal.tenant || !principal.subject) return; // Heed's own services
    const key = `${holderId} ${sessionId} ${applicationId}`;
    const before = this.seen.get(key)?.sighting;
    if (!before && this.seen.size >= MOST) return;
    const now = this.clock.now().toISOString();
    const expiresAt = new Date(identity.expiresAt * 1000).toISOString();
    const sighting: Sighting = {
      holderId,
      subject: principal.subject.slice(0, 255),
      applicationId,
      client: identity.client.slice(0, 255),
      sessionId,
      ownSession: identity.ownSession,
      roles: [...new Set([...(before?.roles ?? []), ...principal.roles])],
      firstAt: before?.firstAt ?? now,
      lastAt: now,
      expiresAt: before && before.expiresAt > expiresAt ? before.expiresAt : expiresAt,
    };
    this.seen.set(key, { tenant: principal.tenant, sighting });
  }

  /** Hands out what was seen; `putBack` where it could not be told. */
  take(): ReadonlyMap<string, readonly Sighting[]> {
    const taken = Map.groupBy(this.seen.values(), ({ tenant }) => tenant);
    this.seen = new Map();
    return new Map([...taken].map(([tenant, entries]) => [tenant, entries.map(({ sighting }) => sighting)]));
  }

  putBack(tenant: string, sightings: readonly Sighting[]): void {
    for (const sighting of sightings) {
      const key = `${sighting.holderId} ${sighting.sessionId} ${sighting.applicationId}`;
      const since = this.seen.get(key)?.sighting;
      const merged = since ? { ...since, firstAt: sighting.firstAt, roles: [...new Set([...sighting.roles, ...since.roles])] } : sighting;
      if (since || this.seen.size < MOST) this.seen.set(key, { tenant, sighting: merged });
    }
  }
}
