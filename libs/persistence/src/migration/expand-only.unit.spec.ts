import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractingStatements } from './expand-only.js';

const checkout = path.join(import.meta.dirname, '../../../..');

/** Published before there were contract files, and never edited since: queues that moved to `reminder` in the same step. */
const BEFORE_THERE_WERE_PHASES = [
  'libs/fanout/migrations/service/0002_reminders.sql',
  'services/notifications/migrations/service/0002_reminders.sql',
  'services/subprocessor-registry/migrations/service/0002_reminders.sql',
];

/** The table of before becomes a part of one with its name and columns, in one step: who runs meanwhile notices nothing. */
const UNDER_THE_SAME_NAME = ['services/consent/migrations/tenant/0103_partitioned_register.sql'];

describe('migration files', () => {
  const files = globSync(['libs/*/migrations/**/*.sql', 'services/*/migrations/**/*.sql'], { cwd: checkout }).sort();

  it('let instances of the version before go on, unless their name says that they contract', () => {
    const contracting = files.filter((file) => !file.endsWith('.contract.sql') && contractingStatements(readFileSync(path.join(checkout, file), 'utf8')).length > 0);
    expect(contracting).toEqual([...BEFORE_THERE_WERE_PHASES, ...UNDER_THE_SAME_NAME].sort());
    expect(files.length).toBeGreaterThan(15);
  });

  it('are numbered once in their folder', () => {
    const numbers = files.map((file) => `${path.dirname(file)}/${path.basename(file).slice(0, 5)}`);
    expect(files.filter((file) => !/^\d{4}_[a-z0-9_]+(\.contract)?\.sql$/.test(path.basename(file)))).toEqual([]);
    expect(numbers.filter((number, i) => numbers.indexOf(number) !== i)).toEqual([]);
  });
});

describe('what contracts', () => {
  it.each([
    ['DROP TABLE due_work;', 'drops a table, view, type, schema or function'],
    ['ALTER TABLE hold DROP COLUMN reason;', 'drops a column'],
    ['ALTER TABLE hold DROP reason', 'drops a column'],
    ['ALTER TABLE hold RENAME COLUMN reason TO why', 'renames'],
    ['ALTER TABLE hold ALTER COLUMN reason SET NOT NULL', 'makes a column mandatory'],
    ['ALTER TABLE hold ADD COLUMN why text NOT NULL', 'adds a mandatory column without a default'],
    ['ALTER TABLE hold ALTER COLUMN why TYPE jsonb USING why::jsonb', 'changes the type of a column'],
    ['TRUNCATE hold', 'empties a table'],
  ])('is found: %s', (sql, what) => {
    expect(contractingStatements(sql)).toEqual([what]);
  });

  it.each([
    'CREATE TABLE t (id uuid NOT NULL PRIMARY KEY, note text NOT NULL);',
    "ALTER TABLE tenant ADD COLUMN applied text[] NOT NULL DEFAULT '{}';",
    "ALTER TABLE tenant ADD COLUMN applied text[] DEFAULT '{}' NOT NULL;",
    'ALTER TABLE tenant DROP CONSTRAINT tenant_state_check;',
    'DROP INDEX dispatch_due;',
    'REVOKE UPDATE, DELETE, TRUNCATE ON clearance FROM {{role}};',
    'ALTER TABLE hold ALTER COLUMN reason DROP NOT NULL; -- DROP TABLE in a comment',
  ])('is not: %s', (sql) => {
    expect(contractingStatements(sql)).toEqual([]);
  });
});
