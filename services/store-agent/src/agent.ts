import { kafkaSettings } from '@heed/config';
import { createKafka, Publisher } from '@heed/kafka';
import { Loop, systemClock } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { AgentConfig } from './config/agent.config.js';
import { AgentKeyRing } from './keys/agent-key-ring.js';
import { Registration } from './registration/registration.js';
import { ServedStore } from './served-store.js';
import { connectorFor } from './stores.js';

export interface Agent {
  /** Makes new keys and exchanges the present ones for them once they are known everywhere. */
  changeKeys(): Promise<void>;
  /** Drains: finishes what is at hand, leaves the group. */
  stop(): Promise<void>;
}

/** Starts an agent: keys, registration, and each store by itself. It never waits for a store, Kafka or Heed to be there. */
export async function startAgent(config: AgentConfig, logger: Logger, clock: Clock = systemClock): Promise<Agent> {
  const { env, file } = config;
  const keys = await AgentKeyRing.open(env.HEED_KEYS_DIR, clock);
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
  const registration = new Registration(config, keys, logger);
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
    changeKeys: () => registration.changeKeys(),
    async stop() {
      await registration.stop();
      await connecting.stop();
      await Promise.all(stores.map((store) => store.stop()));
      await publisher.disconnect().catch(() => undefined);
    },
  };
}
