import { pbkdf2, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type { KafkaSettings } from '@heed/config';
import { unavailable } from '@heed/kernel';
import type { Connection } from '@platformatic/kafka';
import { troubleOf } from '../trouble.js';

/** Twice what RFC 7677 asks at least, four times Kafka's own minimum; a login costs a client 10 ms. */
const ITERATIONS = 16_384;
const SCRAM_SHA_512 = 2;
const DIGEST = { name: 'sha512', bytes: 64 } as const;
const CALL_MS = 10_000;

const derive = promisify(pbkdf2);

/** The brokers' own list of users who log in by SCRAM-SHA-512. The one thing that kafkajs has no call for. */
export class KafkaUsers {
  private constructor(
    private readonly connection: Connection,
    private readonly calls: typeof import('@platformatic/kafka'),
  ) {}

  /**
   * Works, then hangs up.
   * @param settings of somebody who may alter the cluster; any one broker will do, or a controller
   */
  static async with<T>(settings: KafkaSettings, work: (users: KafkaUsers) => Promise<T>): Promise<T> {
    const calls = await import('@platformatic/kafka'); // needed by jobs alone: services start without it
    let failure: unknown;
    for (const broker of settings.brokers) {
      const [, host = '', port = '9092'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(broker) ?? [];
      const connection = new calls.Connection(settings.clientId, { connectTimeout: 3000, requestTimeout: CALL_MS, ...security(settings, host) });
      connection.on('error', () => undefined); // the call that is under way tells of it
      try {
        await connection.connect(host, Number(port));
      } catch (error) {
        failure = error;
        continue;
      }
      try {
        return await work(new KafkaUsers(connection, calls));
      } catch (error) {
        // Whoever may not ask gets an answer that the library does not read: it waits for one until its time is up.
        if (!(error instanceof Error && calls.GenericError.isGenericError(error))) throw error;
        throw unavailable('kafka_users_refused', `Kafka did not let ${settings.sasl?.username ?? 'a client without a login'} work on its users: may it alter the cluster?`, error);
      } finally {
        await connection.close();
      }
    }
    const trouble = troubleOf(wordsOf(failure), settings);
    if (trouble?.includes('login')) throw unavailable('kafka_login_refused', `Kafka: ${trouble}.`, failure);
    throw unavailable('kafka_unavailable', `Kafka: ${trouble ?? `none of ${settings.brokers.join(', ')} answers`}.`, failure);
  }

  /** Who of these can log in. */
  async existing(names: readonly string[]): Promise<ReadonlySet<string>> {
    const known = (await this.all()).filter((name) => names.includes(name));
    return new Set(known);
  }

  /** Sets the password: the user is made where there is none. Sessions under the former password go on until they end. */
  async set(passwords: ReadonlyMap<string, string>): Promise<void> {
    const upsertions = await Promise.all(
      [...passwords].map(async ([name, password]) => {
        const salt = randomBytes(32);
        const saltedPassword = await derive(password, salt, ITERATIONS, DIGEST.bytes, DIGEST.name);
        return { name, mechanism: SCRAM_SHA_512, iterations: ITERATIONS, salt, saltedPassword };
      }),
    );
    if (upsertions.length > 0) await this.calls.alterUserScramCredentialsV0.api.async(this.connection, [], upsertions);
  }

  async remove(names: readonly string[]): Promise<void> {
    const existing = [...(await this.existing(names))];
    if (existing.length > 0) {
      await this.calls.alterUserScramCredentialsV0.api.async(this.connection, existing.map((name) => ({ name, mechanism: SCRAM_SHA_512 })), []);
    }
  }

  private async all(): Promise<readonly string[]> {
    const { results } = await this.calls.describeUserScramCredentialsV0.api.async(this.connection, null);
    return results.filter((user) => user.credentialInfos.some((info) => info.mechanism === SCRAM_SHA_512)).map((user) => user.user);
  }
}

function security({ sasl, tls }: KafkaSettings, host: string): object {
  return {
    ...(sasl ? { sasl: { ...sasl, mechanism: sasl.mechanism.toUpperCase() } } : {}),
    ...(tls ? { tls: { ...tls, minVersion: `TLSv${tls.minVersion}` }, tlsServerName: isIP(host) === 0 } : {}),
  };
}

/** The library wraps an error in others; the innermost says what happened. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner === undefined ? error.message : `${error.message}: ${wordsOf(inner)}`;
}
