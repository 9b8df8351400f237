// One run of a service's key rotation in a process of its own, so that a spec can kill it where it wants.
import { FileKek } from '@heed/crypto';
import { armFailpoint } from '@heed/kernel';
import { FieldVault, KeyRotation } from '@heed/key-store';
import { Database, UnitOfWork } from '@heed/persistence';
import { notes } from './notes.mjs';

const { service, url, keysUrl, kekDir, keysDir, at, failpoint } = JSON.parse(process.argv[2] ?? '{}');
armFailpoint(failpoint, 'test');
const clock = { now: () => new Date(at) };
const database = new Database({ url, keysDir, clock });
const vault = new FieldVault({
  service,
  database: new Database({ url: keysUrl, keysDir, clock, poolSize: 4 }),
  kek: new FileKek(kekDir),
  clock,
  cacheMs: 900_000,
  cacheSize: 1000,
});
await new KeyRotation({ vault, database, unitOfWork: new UnitOfWork(database), tables: [notes] }).run();
await vault.close();
await database.close();
