import { cloudEventHeaders, readCloudEvent } from '@heed/kernel';
import { describe, expect, it } from 'vitest';
import { catalogue, isIngress, type Contract } from './catalogue.js';
import { readFixture } from './fixture.js';
import { jsonSchemaOf } from './json-schema.js';
import { classifiedFields } from './privacy.js';
import { readTopics, topicsOf } from './topics.js';

const contracts = catalogue.map((contract) => [contract.definition.type, contract] as const);

async function fixtureOf(contract: Contract) {
  const fixture = await readFixture(contract);
  if (fixture === undefined) throw new Error(`${contract.definition.type} has no fixture`);
  const { key, headers, data } = fixture;
  const tenant = /^heed\.t\.([^.]+)\./.exec(fixture.topic)?.[1];
  const read = readCloudEvent({ key: Buffer.from(key), value: Buffer.from(JSON.stringify(data)), headers }, tenant);
  if (!read.ok) throw new Error(read.reason);
  return { fixture, tenant, event: read.event };
}

describe.each(contracts)('%s', (type, contract) => {
  it('has a golden record that its schema reads', async () => {
    const { event } = await fixtureOf(contract);
    expect(event.type).toBe(type);
    expect(event.tenant).toBe('ajuni');
    const parsed = contract.definition.data.safeParse(event.data);
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it('keeps its envelope on the wire', async () => {
    const { fixture, event } = await fixtureOf(contract);
    expect(cloudEventHeaders(event)).toMatchObject(fixture.headers);
  });

  it('stands in its golden record on a topic of its own', async () => {
    const { fixture, tenant } = await fixtureOf(contract);
    const own = contract.definition.topics.flatMap(topicsOf).map((topic) => topic.replace('{tenant}', tenant ?? ''));
    expect(own).toContain(fixture.topic);
  });

  it('says of every field what it tells about people', () => {
    const unclassified = classifiedFields(jsonSchemaOf(contract)).filter((field) => field.privacy === undefined);
    expect(unclassified.map((field) => field.path)).toEqual([]);
  });

  it('has people in the clear on the ingress only', () => {
    const personal = classifiedFields(jsonSchemaOf(contract)).filter((field) => field.privacy === 'personal');
    if (!isIngress(contract)) expect(personal.map((field) => field.path)).toEqual([]);
    for (const topic of contract.definition.topics) expect(topic.includes('.ingress.')).toBe(isIngress(contract));
  });

  it('travels on declared topics', async () => {
    const declared = await readTopics();
    for (const topic of contract.definition.topics.flatMap(topicsOf)) expect([...declared.keys()]).toContain(topic);
  });
});

describe('all contracts', () => {
  it('have a type of their own', () => {
    const types = catalogue.map((contract) => contract.definition.type);
    expect(new Set(types).size).toBe(types.length);
  });

  it('leave identifiers in the clear on no topic for longer than a day', async () => {
    const declared = await readTopics();
    const topics = catalogue.filter(isIngress).flatMap((contract) => contract.definition.topics.flatMap(topicsOf));
    for (const topic of topics) expect(Number(declared.get(topic)?.config['retention.ms'])).toBeLessThanOrEqual(86_400_000);
  });

  it('leave sealed identifiers on no topic for ever', async () => {
    const declared = await readTopics();
    const sealed = catalogue.filter((contract) => classifiedFields(jsonSchemaOf(contract)).some((field) => field.privacy === 'sealed'));
    expect(sealed.length).toBeGreaterThan(0);
    for (const topic of sealed.flatMap((contract) => contract.definition.topics.flatMap(topicsOf))) {
      expect(Number(declared.get(topic)?.config['retention.ms'])).toBeGreaterThan(0);
    }
  });
});
