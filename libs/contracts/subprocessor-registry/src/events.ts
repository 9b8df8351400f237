import { classified, dataStoreId, defineEvent, instant, uuid } from '@heed/kernel';
import { z } from 'zod';
import { dataStore } from './data-map.js';

const topics = ['heed.subprocessor-registry.events.v1'];
const version = classified('none', z.int().min(1));
const hash = classified('none', z.string().regex(/^[0-9a-f]{64}$/));
/** A policy pack in its canonical JSON form; `@heed/policy` reads it. */
const pack = classified('organisational', z.record(z.string(), z.unknown()));

export const mapProposed = defineEvent({
  type: 'heed.subprocessor-registry.map_proposed.v1',
  topics,
  summary: "A tenant's whole data map in a new version. Active once every owner has confirmed it.",
  data: z.strictObject({ mapVersion: version, stores: z.array(dataStore) }),
});

export const mapActivated = defineEvent({
  type: 'heed.subprocessor-registry.map_activated.v1',
  topics,
  summary: 'Every owner has this map version: it is the one that new dispatches use.',
  data: z.strictObject({ mapVersion: version }),
});

export const agentKeyRevoked = defineEvent({
  type: 'heed.subprocessor-registry.agent_key_revoked.v1',
  topics,
  summary: "An agent's keys count no more: nothing is sealed to them, and nothing that they signed is believed.",
  data: z.strictObject({
    dataStore: dataStoreId,
    /** The signing key and the encryption key that were registered together: whoever has stolen one has both. */
    kids: z.array(classified('none', z.string())).min(1),
    revokedAt: instant,
  }),
});

export const policyAnnounced = defineEvent({
  type: 'heed.subprocessor-registry.policy_announced.v1',
  topics,
  summary: 'A policy version will take effect; who was promised a notice gets one first.',
  data: z.strictObject({
    noticeId: uuid,
    version,
    hash,
    effectiveFrom: instant,
    /** What changes, in words a person reads. */
    changes: z.array(classified('organisational', z.string())),
    pack,
  }),
});

export const policyPostponed = defineEvent({
  type: 'heed.subprocessor-registry.policy_postponed.v1',
  topics,
  summary: 'A notice arrived too late for the date: the version takes effect later than announced.',
  data: z.strictObject({ version, effectiveFrom: instant, promise: classified('none', z.string()) }),
});

export const policyActivated = defineEvent({
  type: 'heed.subprocessor-registry.policy_activated.v1',
  topics,
  summary: 'This policy version is in effect.',
  data: z.strictObject({ version, hash, effectiveFrom: instant, pack }),
});

export const tenantClosing = defineEvent({
  type: 'heed.subprocessor-registry.tenant_closing.v1',
  topics,
  summary: 'This tenant is being closed: everything of it is dropped after the date. Until then it is served as before.',
  data: z.strictObject({ dropAfter: instant }),
});

export const tenantReopened = defineEvent({
  type: 'heed.subprocessor-registry.tenant_reopened.v1',
  topics,
  summary: 'This tenant, which was to be dropped after the date, is kept.',
  data: z.strictObject({ dropAfter: instant }),
});

export const registryEvents = [mapProposed, mapActivated, agentKeyRevoked, policyAnnounced, policyPostponed, policyActivated, tenantClosing, tenantReopened] as const;
