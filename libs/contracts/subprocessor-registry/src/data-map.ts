import { classified, dataStoreId, identifierType, purposeId } from '@heed/kernel';
import { z } from 'zod';

const sqlName = classified('organisational', z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/));
const category = classified('organisational', z.string().regex(/^[a-z][a-z0-9_]{0,62}$/));

/** A table that holds data about people: who a row is about, and what of them it holds. */
const mappedTable = z.strictObject({
  table: sqlName,
  /** Primary key column. */
  key: sqlName,
  /** Columns that identify a person, by identifier type; a table without any hangs on `parent`. */
  identifiers: z.partialRecord(identifierType, sqlName).optional(),
  /** The mapped table this one refers to, and the referring column. */
  parent: z.strictObject({ table: sqlName, column: sqlName }).optional(),
  /** Which columns hold which data category. */
  fields: z.array(z.strictObject({ column: sqlName, category })),
  /** When the row came to be; rows later than an erasure's `asOf` are kept. */
  createdAt: sqlName.optional(),
  /** `erase` deletes the rows; `keep` leaves them for the stated basis and reports them. */
  onErasure: z
    .union([classified('none', z.literal('erase')), z.strictObject({ keep: z.strictObject({ basis: classified('organisational', z.string().min(1)) }) })])
    .default('erase'),
});

const columnValue = classified('organisational', z.union([z.boolean(), z.string(), z.number()]));

/** How a purpose is switched for one person: a column of a table with identifiers. */
const mappedPurpose = z.strictObject({
  table: sqlName,
  column: sqlName,
  on: columnValue.default(true),
  off: columnValue.default(false),
});

export const sqlDataMap = z
  .strictObject({
    tables: z.array(mappedTable).min(1),
    purposes: z.record(purposeId, mappedPurpose),
  })
  .superRefine((map, context) => {
    const byName = new Map(map.tables.map((t) => [t.table, t]));
    map.tables.forEach((t, i) => {
      if (!t.identifiers && !t.parent) {
        context.addIssue({ code: 'custom', path: ['tables', i], message: 'needs identifiers or a parent' });
      }
      if (t.parent && !byName.has(t.parent.table)) {
        context.addIssue({ code: 'custom', path: ['tables', i, 'parent', 'table'], message: 'is not a mapped table' });
      }
    });
    for (const [id, purpose] of Object.entries(map.purposes)) {
      if (!byName.get(purpose.table)?.identifiers) {
        context.addIssue({ code: 'custom', path: ['purposes', id, 'table'], message: 'is not a table with identifiers' });
      }
    }
  });
export type SqlDataMap = z.output<typeof sqlDataMap>;

/** A processor behind HTTP: what it holds, and for which purposes it uses the person. */
export const processorDataMap = z.strictObject({
  identifiers: z.array(identifierType).min(1),
  fields: z.array(z.strictObject({ column: classified('organisational', z.string()), category })),
  purposes: z.array(purposeId),
});
export type ProcessorDataMap = z.output<typeof processorDataMap>;

/** A public key as a JWK; the agent keeps the private half. */
export const publicKey = z.strictObject({
  kty: classified('none', z.enum(['OKP', 'EC'])),
  crv: classified('none', z.enum(['Ed25519', 'X25519', 'P-256'])),
  x: classified('none', z.string()),
  y: classified('none', z.string()).optional(),
  kid: classified('none', z.string()),
});
export type PublicKey = z.output<typeof publicKey>;

const store = {
  id: dataStoreId,
  title: classified('organisational', z.string().max(120)),
  agent: z.strictObject({ signingKey: publicKey, encryptionKey: publicKey }),
  /** Oldest backup the store may be restored from, ISO 8601: how long erased people are kept for replay. */
  maxBackupAge: classified('organisational', z.string().regex(/^P\d+[DWMY]$/)),
};

/** What an agent registers for each of its stores (`POST /v1/data-stores`). */
export const dataStore = z.discriminatedUnion('kind', [
  z.strictObject({ ...store, kind: classified('none', z.literal('postgres')), map: sqlDataMap }),
  z.strictObject({ ...store, kind: classified('none', z.literal('http')), map: processorDataMap }),
]);
export type DataStore = z.output<typeof dataStore>;

export const registerStoresBody = z.strictObject({ stores: z.array(dataStore).min(1).max(100) });

/** The purposes for which a store uses a person: what makes it a target of their withdrawal. */
export function purposesOf(registered: DataStore): readonly string[] {
  return registered.kind === 'http' ? registered.map.purposes : Object.keys(registered.map.purposes);
}
