import { statePolicy } from '@heed/contracts-consent';
import { instant } from '@heed/kernel';
import { z } from 'zod';

export const stateKeyAnswer = z
  .strictObject({
    tenant: z.string(),
    topic: z.string().describe('Compacted, one partition; read it from its beginning.'),
    key: z.string().describe('32 bytes, base64url: what `HMAC-SHA256(key, "email|ada@example.com")` is on the topic is somebody there. A secret.'),
    epoch: z.int().min(1).describe('Of the key. A heartbeat with another one says that the key has changed: ask again.'),
    stalenessMs: z.int().min(1).describe('When `completeUntil` of the newest heartbeat is older, what was read counts no more.'),
    policy: statePolicy,
  })
  .meta({ id: 'StateKey' });

export const rebuildBody = z
  .strictObject({ newKey: z.boolean().default(false).describe('Under a new state key; every SDK asks for it, and answers by HTTP until everybody is published.') })
  .meta({ id: 'StateRebuild' });

export const rebuildAnswer = z
  .strictObject({
    state: z.enum(['off', 'waiting', 'running', 'complete']).describe('`off`: no platform team has asked for the state key yet.'),
    epoch: z.int().min(0),
    people: z.int().min(0).describe('Published so far.'),
    share: z.number().min(0).max(1).describe('About how much of everybody.'),
    begunAt: instant.nullable(),
    completedAt: instant.nullable(),
  })
  .meta({ id: 'StateRebuildProgress' });
