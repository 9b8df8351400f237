import type { KafkaSettings } from '@heed/config';
import { kafkaUser, KafkaSecrets } from '@heed/kafka';
import type { KafkaSecurity } from '../kafka/listeners.js';
import type { Home } from './home.js';

/** `none`: whoever reaches the broker may do everything. `scram`: everybody logs in and may do what was granted. */
export type KafkaAuth = 'none' | 'scram';

/** Logs in to the controller of the embedded broker; nobody but the broker and its start. */
const CONTROLLER = 'heed-controller';

/** The Kafka of a home: its address, and as whom each program logs in. */
export class LocalKafka {
  readonly secrets: KafkaSecrets;

  /** @param given a Kafka of one's own, and as whom Heed's jobs reach it */
  constructor(
    home: Home,
    readonly brokers: string,
    readonly auth: KafkaAuth,
    private readonly given?: KafkaSettings,
  ) {
    this.secrets = new KafkaSecrets(home.keys('kafka'));
  }

  /** Of who may do everything: jobs and commands. */
  get admin(): KafkaSettings {
    return this.given ?? { brokers: this.brokers.split(','), clientId: 'heed-start', ...(this.auth === 'scram' ? { sasl: this.loginOf(kafkaUser.admin) } : {}) };
  }

  /** As anybody else, with a client of one's own. */
  as(user: string): KafkaSettings {
    return { ...this.admin, clientId: user, ...(this.auth === 'scram' ? { sasl: this.loginOf(user) } : {}) };
  }

  /**
   * What a program's environment says of Kafka. What a person's shell says of another Kafka must not reach the embedded
   * one, while a Kafka of one's own without logins per user is reached as that shell says.
   */
  environmentOf(user: string): Record<string, string> {
    const login = this.auth === 'scram' ? this.loginOf(user) : undefined;
    const nothing: Record<string, string> = this.given ? {} : { KAFKA_USERNAME: '', KAFKA_PASSWORD: '', KAFKA_SASL_MECHANISM: '', KAFKA_SSL: '' };
    return {
      KAFKA_BROKERS: this.brokers,
      ...nothing,
      ...(login ? { KAFKA_SASL_MECHANISM: login.mechanism, KAFKA_USERNAME: login.username, KAFKA_PASSWORD: login.password } : {}),
    };
  }

  /** For the embedded broker. */
  get security(): KafkaSecurity {
    if (this.auth === 'none') return {};
    const { admin } = kafkaUser;
    return { login: { admin, adminPassword: this.secrets.of(admin), controllerPassword: this.secrets.of(CONTROLLER) } };
  }

  private loginOf(user: string): { mechanism: 'scram-sha-512'; username: string; password: string } {
    return { mechanism: 'scram-sha-512', username: user, password: this.secrets.of(user) };
  }
}
