import type { SqlDataMap } from '@heed/contracts-subprocessor-registry';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from './catalogue.js';
import { comparisonFor } from './comparison.js';
import { buildPlan, topologicalOrder } from './plan.js';

const table = (name: string, parent?: string) => ({ table: name, ...(parent ? { parent: { table: parent } } : {}) });
const column = (type: string, nullable = false) => ({ type, nullable });

const map: SqlDataMap = {
  tables: [
    { table: 'orders', key: 'id', parent: { table: 'people', column: 'person_id' }, fields: [], onErasure: { keep: { basis: 'tax_law' } } },
    { table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [], onErasure: 'erase' },
  ],
  purposes: { marketing_email: { table: 'people', column: 'opt_in', on: 1, off: 0 } },
};
const catalogue: Catalogue = {
  columns: new Map([
    ['people', new Map([['id', column('bigint')], ['email', column('text')], ['opt_in', column('smallint')]])],
    ['orders', new Map([['id', column('uuid')], ['person_id', column('bigint', true)]])],
  ]),
  foreignKeys: [
    { name: 'orders_person_fk', table: 'orders', columns: ['person_id'], refersTo: 'people' },
    { name: 'orders_agent_fk', table: 'orders', columns: ['agent_id'], refersTo: 'people' },
    { name: 'loyalty_fk', table: 'loyalty', columns: ['person_id'], refersTo: 'people' },
  ],
};

describe('the order of tables', () => {
  it('puts parents before children at any depth', () => {
    const order = topologicalOrder([table('lines', 'orders'), table('orders', 'people'), table('people'), table('events')]);
    expect(order.map((t) => t.table)).toEqual(['people', 'orders', 'lines', 'events']);
  });

  it('refuses a cycle and names it', () => {
    expect(() => topologicalOrder([table('a', 'b'), table('b', 'a')])).toThrow('a → b → a');
  });

  it('refuses a table that hangs on itself', () => {
    expect(() => topologicalOrder([table('threads', 'threads')])).toThrow('threads → threads');
  });
});

describe('a plan', () => {
  const plan = buildPlan(map, catalogue);

  it('knows children, bases and whether a reference may be cut', () => {
    expect(plan.tables.map((t) => t.name)).toEqual(['people', 'orders']);
    expect(plan.byName.get('people')?.children).toEqual(['orders']);
    expect(plan.byName.get('orders')).toMatchObject({ keep: 'tax_law', parent: { nullable: true, columnType: 'bigint' } });
  });

  it('tells foreign keys of the map from those it does not know, by column too', () => {
    expect([...plan.mappedForeignKeys]).toEqual(['orders|orders_person_fk']);
    expect(plan.unmappedForeignKeys).toEqual(['orders.orders_agent_fk', 'loyalty.loyalty_fk']);
  });

  it('names a column that the store does not have', () => {
    const wrong: SqlDataMap = { ...map, purposes: { marketing_email: { table: 'people', column: 'optin', on: true, off: false } } };
    expect(() => buildPlan(wrong, catalogue)).toThrow('people.optin');
  });
});

describe('the comparison with an identifier', () => {
  it('ignores case for email and blanks for phone', () => {
    expect(comparisonFor('email', 'text').expression('c')).toBe('lower(c)');
    expect(comparisonFor('phone', 'character varying').expression('c')).toContain('regexp_replace(c');
    expect(comparisonFor('user_id', 'text').expression('c')).toBe('c');
  });

  it.each([
    ['bigint', '42', true],
    ['bigint', 'u-42', false],
    ['integer', '99999999999', false],
    ['uuid', '019a0000-0000-7000-8000-000000000000', true],
    ['uuid', 'ada@example.com', false],
  ])('takes values that fit the column: %s %s', (type, value, fits) => {
    expect(comparisonFor('user_id', type).accepts(value)).toBe(fits);
  });
});
