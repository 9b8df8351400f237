import { dataStoreId, tenantId } from '@heed/kernel';
import { processorDataMap, sqlDataMap } from '@heed/contracts-subprocessor-registry';
import { tlsVersion } from '@heed/config';
import { z } from 'zod';

const duration = z.string().regex(/^PT(?=\d)(\d+H)?(\d+M)?(\d+S)?$/, 'is not an ISO 8601 duration of hours, minutes and seconds');

const store = {
  id: dataStoreId,
  title: z.string().min(1).max(120),
  /** Oldest backup this store may be restored from: how long Heed keeps what a replay needs. */
  maxBackupAge: z.string().regex(/^P\d+[DWMY]$/),
};

const postgresStore = z.strictObject({
  ...store,
  kind: z.literal('postgres'),
  connection: z.strictObject({
    url: z.string().regex(/^postgres(ql)?:\/\//),
    /** `verify-ca` proves who signed the server's certificate, `verify-full` also that it is for this host. */
    tls: z.enum(['off', 'verify-ca', 'verify-full']).default('off'),
    /** PEM of the authorities that count for this store, instead of the well-known ones. */
    caFile: z.string().min(1).optional(),
    /** Oldest TLS version for this store; default HEED_TLS_MIN. */
    tlsMin: tlsVersion.optional(),
    /** Schema of the agent's journal inside the store. */
    journalSchema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/).default('heed_agent'),
  }),
  map: sqlDataMap,
});

const httpStore = z.strictObject({
  ...store,
  kind: z.literal('http'),
  connection: z.strictObject({
    /** Where the processor's OpenDSR `discovery` and `requests` live. */
    url: z.url(),
    token: z.string().min(1),
    /** Receives withdrawals and grants, signed with `webhookSecret`. */
    webhookUrl: z.url(),
    webhookSecret: z.string().min(16),
    /** The processor's own domain, as its signatures name it. */
    domain: z.string().min(1),
    /** PEM of a certificate or public key to trust, instead of the one that the processor's discovery names. */
    certificate: z.string().optional(),
  }),
  map: processorDataMap,
});

export const storeConfig = z.discriminatedUnion('kind', [postgresStore, httpStore]);
export type StoreConfig = z.output<typeof storeConfig>;
export type PostgresStoreConfig = z.output<typeof postgresStore>;
export type HttpStoreConfig = z.output<typeof httpStore>;

/** The agent's YAML file. */
export const agentFile = z
  .strictObject({
    tenant: tenantId,
    /** Tells agents of one tenant apart; part of the consumer groups' names. */
    name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/).default('main'),
    limits: z
      .strictObject({
        /** Commands taken in one unit of work. */
        batch: z.int().min(1).max(1000).default(100),
        /** Rows deleted in one transaction. */
        chunkRows: z.int().min(1).max(1_000_000).default(10_000),
        /** When erased people are looked for a second time. */
        secondLookAfter: duration.default('PT30S'),
      })
      .prefault({}),
    stores: z.array(storeConfig).min(1).max(100),
  })
  .refine((file) => new Set(file.stores.map((s) => s.id)).size === file.stores.length, 'two stores have the same id');
export type AgentFile = z.output<typeof agentFile>;

/** @param text a duration the schema has let through, e.g. `PT30S` */
export function milliseconds(text: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
