import { readToEnd } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import { databaseAt, sqlOn } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Something that was found lying about: where, and its content. */
export interface Piece {
  readonly where: string;
  readonly content: Buffer | string;
}

/** Every file below a folder but those under paths that the caller passes over; vanished ones are nobody's. */
export async function* files(folder: string, passOver: (relative: string) => boolean): AsyncGenerator<Piece> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const where = path.relative(folder, file);
    if (!entry.isFile() || passOver(where)) continue;
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (content) yield { where, content };
  }
}

/** Every row of every table of the databases whose name begins so, as text; `bytea` as hexadecimal. */
export async function* rows(serverUrl: string, prefix: string): AsyncGenerator<Piece> {
  for (const { datname } of await sqlOn<{ datname: string }>(serverUrl, 'SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix])) {
    const url = databaseAt(serverUrl, datname);
    const tables = await sqlOn<{ name: string }>(
      url,
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
    );
    for (const { name } of tables) {
      const texts = await sqlOn<{ row: string }>(url, `SELECT t::text AS row FROM ${name} AS t`);
      yield { where: `${datname} ${name}`, content: texts.map(({ row }) => row).join('\n') };
    }
  }
}

/** What lies on the disk of those databases, after a checkpoint. @param dataDirectory of that server */
export async function* databaseFiles(serverUrl: string, dataDirectory: string, prefix: string): AsyncGenerator<Piece> {
  await sqlOn(serverUrl, 'CHECKPOINT');
  const databases = await sqlOn<{ oid: string; datname: string }>(serverUrl, 'SELECT oid::text, datname FROM pg_database WHERE starts_with(datname, $1)', [prefix]);
  for (const { oid, datname } of databases) {
    for await (const { where, content } of files(path.join(dataDirectory, 'base', oid), () => false)) yield { where: `${datname} ${where}`, content };
  }
}

/** Every record of these topics: key, value and headers. */
export async function records(kafka: Kafka, wanted: (topic: string) => boolean): Promise<readonly Piece[]> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter(wanted);
  await admin.disconnect();
  const pieces: Piece[] = [];
  await readToEnd({
    kafka, groupId: randomUUID(), topics,
    take: ({ topic, partition, offset, key, value, headers }) => {
      const said = Object.entries(headers ?? {}).map(([name, text]) => `${name}: ${String(text)}`);
      pieces.push({ where: `${topic} ${partition}@${offset}`, content: [String(key), ...said, String(value)].join('\n') });
    },
  });
  return pieces;
}
