import { classified, defineEvent, instant, uuid } from '@heed/kernel';
import { z } from 'zod';

/** The registry's topic is read from its beginning by a service that comes later, so what was revoked before is dead there too. */
const registryTopics = ['heed.subprocessor-registry.events.v1'];
const role = classified('none', z.string().regex(/^[a-z][a-z-]{1,30}$/));
const count = classified('none', z.int().min(1));

/** A token of this session was seen by a service, for the first time since it told last. */
export const sighting = z.strictObject({
  holderId: uuid,
  /** The identity provider's opaque id, or a keyed hash where that one names a person. */
  subject: classified('pseudonymous', z.string().min(1).max(255)),
  applicationId: uuid,
  /** The program that the token was given to. */
  client: classified('organisational', z.string().min(1).max(255)),
  sessionId: uuid,
  /** The identity provider has sessions of its own, and this is one. */
  ownSession: classified('none', z.boolean()),
  roles: z.array(role).max(20),
  firstAt: instant,
  lastAt: instant,
  /** When the last token that was seen ends. */
  expiresAt: instant,
});
export type Sighting = z.output<typeof sighting>;

/** Calls of one minute that were refused for the same reason. */
export const refusedCalls = z.strictObject({
  id: uuid,
  minute: instant,
  route: classified('none', z.string().max(200)),
  code: classified('none', z.string().max(100)),
  holderId: uuid.nullable(),
  count,
});
export type RefusedCalls = z.output<typeof refusedCalls>;

export const accessReported = defineEvent({
  type: 'heed.access.reported.v1',
  topics: ['heed.access.events.v1'],
  summary: 'Who was seen with which roles by one service, and what it refused.',
  data: z.strictObject({
    service: classified('none', z.string().min(1).max(60)),
    sightings: z.array(sighting).max(500),
    refusals: z.array(refusedCalls).max(500),
  }),
});

/**
 * What is revoked: a session; an application, or what it was given before `issuedBefore`; a role of a holder.
 * The newest of a kind for its target (and role) holds.
 */
export const accessRevoked = defineEvent({
  type: 'heed.registry.access_revoked.v1',
  topics: registryTopics,
  summary: 'Tokens of a session or an application are dead from now on, or a holder has a role no more; or that is taken back.',
  data: z.strictObject({
    kind: classified('none', z.enum(['session', 'application', 'role'])),
    target: uuid,
    role: role.nullable(),
    /** Only tokens issued at or before are meant; null means all. */
    issuedBefore: instant.nullable(),
    /** False takes it back. */
    inForce: classified('none', z.boolean()),
    decidedAt: instant,
    /** When no token is left that it could meet; null means it stays. */
    expiresAt: instant.nullable(),
  }),
});
export type AccessRevocation = z.output<typeof accessRevoked.data>;

export const accessReviewOverdue = defineEvent({
  type: 'heed.registry.access_review_overdue.v1',
  topics: registryTopics,
  summary: 'A review of who holds which role was due and has entries that nobody has decided about.',
  data: z.strictObject({
    reviewId: uuid,
    openedAt: instant,
    dueAt: instant,
    entries: count,
    undecided: count,
    /** The promise that asks for reviews, or `operator_default`. */
    promise: classified('none', z.string()),
  }),
});

export const accessEvents = [accessReported, accessRevoked, accessReviewOverdue] as const;
