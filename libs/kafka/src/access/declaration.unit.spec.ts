import { describe, expect, it } from 'vitest';
import { declaredTopics } from '../topics.js';
import { declaredAccess } from './declaration.js';
import type { AccessRule } from './declaration.js';

/** As a broker judges. */
const allows = (rule: AccessRule, name: string): boolean => (rule.pattern === 'literal' ? rule.name === name : name.startsWith(rule.name));

describe('the declared rights', () => {
  it('of a tenant reach nothing whose name begins with its id: not acme2, not acme-eu', async () => {
    const tenants = ['acme', 'acme2', 'acme-eu'];
    const { rules } = await declaredAccess(tenants);
    const topics = (await declaredTopics(tenants)).map(({ topic }) => topic);
    for (const user of ['platform-acme', 'agent-acme']) {
      const own = rules.filter((rule) => rule.user === user);
      expect(own.length).toBeGreaterThan(0);
      const reached = topics.filter((topic) => own.some((rule) => rule.resource === 'topic' && allows(rule, topic)));
      expect(reached.filter((topic) => topic.startsWith('heed.t.') && !topic.startsWith('heed.t.acme.'))).toEqual([]);
      for (const group of ['acme2.reader', 'acme-eu.reader', 'heed.agent.acme2.store', 'heed.consent.ingress']) {
        expect(own.filter((rule) => rule.resource !== 'topic' && allows(rule, group))).toEqual([]);
      }
    }
  });

  it('of a platform team are to publish and to read its own facts', async () => {
    const { rules } = await declaredAccess(['acme']);
    expect(rules.filter(({ user }) => user === 'platform-acme').map(({ operation, resource, name }) => `${operation} ${resource} ${name}`)).toEqual([
      'read topic heed.t.acme.events.v1',
      'read topic heed.t.acme.consent-state.v1',
      'write topic heed.t.acme.ingress.v1',
      'read group acme.',
      'write transaction acme.',
    ]);
  });

  it('name declared topics only', async () => {
    const [{ rules }, topics] = [await declaredAccess(['acme']), await declaredTopics(['acme'])];
    const names = topics.map(({ topic }) => topic);
    expect(rules.filter((rule) => rule.resource === 'topic' && !names.includes(rule.name))).toEqual([]);
  });

  it('let everyone who reads a topic with dead letters write those', async () => {
    const [{ rules }, topics] = [await declaredAccess(['acme']), await declaredTopics(['acme'])];
    const names = new Set(topics.map(({ topic }) => topic));
    const readers = rules.filter((rule) => rule.operation === 'read' && names.has(`${rule.name}.dlq`));
    expect(readers.length).toBeGreaterThan(10);
    for (const { user, name } of readers) expect(rules).toContainEqual({ user, operation: 'write', resource: 'topic', name: `${name}.dlq`, pattern: 'literal' });
  });

  it('carry the prefix of the installation in every name', async () => {
    const { admin, users, rules } = await declaredAccess(['acme'], { prefix: 'stage.' });
    expect([admin, ...users, ...rules.map(({ name }) => name)].filter((name) => !name.startsWith('stage.'))).toEqual([]);
  });

  it('are refused to an id that would own the groups of services, and to one that is no id', async () => {
    await expect(declaredAccess(['heed'])).rejects.toThrow('heed cannot be the id of a tenant on Kafka');
    await expect(declaredAccess(['acme.'])).rejects.toThrow('acme. cannot be the id');
    await expect(declaredAccess(['*'])).rejects.toThrow();
  });
});
