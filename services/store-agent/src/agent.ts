import path from 'node:path';
import { kafkaSettings } from '@heed/config';
import { fileSecret, generateAgentKeys } from '@heed/crypto';
import type { AgentKeys } from '@heed/crypto';
import { createKafka, Publisher } from '@heed/kafka';
import { Loop, systemClock } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { AgentConfig } from './config/agent.config.js';
import { register, registrationOf } from './registration/register.js';
import { ServedStore } from './served-store.js';
import { connectorFor } from './stores.js';

export interface Agent {
  /** Drains: finishes what is at hand, leaves the group. */
  stop(): Promise<void>;
}

/** Starts an agent: keys, registration, and each store by itself. It never waits for a store, Kafka or Heed to be there. */
export async function startAgent(config: AgentConfig, logger: Logger, clock: Clock = systemClock): Promise<Agent> {
  const { env, file } = config;
  const keys = await fileSecret<AgentKeys>(path.join(env.HEED_KEYS_DIR, 'agent-keys.json'), generateAgentKeys);
  let trouble: string | undefined;
  const kafka = createKafka({
    ...kafkaSettings(env, `heed-agent-${file.tenant}-${file.name}`),
    onTrouble: (reason) => {
      if (reason !== trouble) logger.warn({ tenant: file.tenant, reason }, 'Kafka cannot be used');
      trouble = reason;
    },
  });
  const publisher = new Publisher(kafka);
  const stores = file.stores.map(
    (store, place) =>
      new ServedStore({
        file,
        store,
        connector: connectorFor(store, { tenant: file.tenant, stateDir: env.HEED_STATE_DIR ?? env.HEED_KEYS_DIR, tlsMin: env.HEED_TLS_MIN }),
        keys,
        kafka,
        publisher,
        topicPrefix: env.HEED_TOPIC_PREFIX,
        clock,
        logger: logger.child({ tenant: file.tenant, dataStore: store.id }),
        buries: place === 0,
      }),
  );
  const registration = registering(config, keys, logger);
  const connecting = new Loop({
    step: async () => {
      await publisher.connect();
      connecting.finish();
      return false;
    },
    onError: () => undefined, // the consumers tell that the broker is away
  });
  connecting.start();
  registration.start();
  for (const store of stores) store.start();
  return {
    async stop() {
      await registration.stop();
      await connecting.stop();
      await Promise.all(stores.map((store) => store.stop()));
      await publisher.disconnect().catch(() => undefined);
    },
  };
}

/** Tries until the registry has accepted; says why not once per reason. */
function registering(config: AgentConfig, keys: AgentKeys, logger: Logger): Loop {
  const body = registrationOf(config.file.stores, keys);
  let told = '';
  const loop = new Loop({
    step: async () => {
      await register(body, config.env);
      // An agent has no port: this line is how a supervisor knows that it is ready, whatever the log level.
      logger.child({}, { level: 'info' }).info({ tenant: config.file.tenant, count: body.stores.length }, 'stores registered');
      loop.finish();
      return false;
    },
    onError: (error) => {
      const reason = error instanceof Error ? error.message : 'unknown';
      if (reason !== told) logger.warn({ tenant: config.file.tenant, err: error }, 'stores are not registered yet');
      told = reason;
    },
  });
  return loop;
}
