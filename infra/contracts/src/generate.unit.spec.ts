import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from './catalogue.js';
import { readFixtures } from './fixture.js';
import { generate, staleFiles } from './generate.js';
import { brokenLocks, extendLock, nextVersion, presentContracts, readLock } from './lock.js';
import { ASYNCAPI_FILE, readText } from './repository.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const TYPE = 'heed.consent.given.v1';

describe('generated files', () => {
  it('are current', async () => {
    expect(await staleFiles(await generate())).toEqual([]);
  });
});

describe('the lock of published contracts', () => {
  it('holds every event version', async () => {
    expect(Object.keys(await readLock()).sort()).toEqual(catalogue.map((contract) => contract.definition.type).sort());
  });

  it('fits this checkout: a published contract is never edited', async () => {
    expect(brokenLocks(await readLock(), presentContracts(await readFixtures()))).toEqual([]);
  });

  it('refuses an edited schema and asks for the next version', () => {
    const broken = brokenLocks({ [TYPE]: { schema: A, fixture: A } }, { [TYPE]: { schema: B, fixture: A } });
    expect(broken).toEqual([expect.stringContaining('add heed.consent.given.v2')]);
  });

  it('refuses an edited golden record, and a version that is gone', () => {
    expect(brokenLocks({ [TYPE]: { schema: A, fixture: A } }, { [TYPE]: { schema: A, fixture: B } })).toHaveLength(1);
    expect(brokenLocks({ [TYPE]: { schema: A, fixture: A } }, {})).toHaveLength(1);
  });

  it('takes in what is new and keeps what is locked', () => {
    const lock = extendLock({ [TYPE]: { schema: A, fixture: A } }, { [TYPE]: { schema: B, fixture: B }, [nextVersion(TYPE)]: { schema: B, fixture: B } });
    expect(lock).toEqual({ [TYPE]: { schema: A, fixture: A }, 'heed.consent.given.v2': { schema: B, fixture: B } });
  });
});

interface Ref {
  readonly $ref: string;
}
interface Document {
  readonly asyncapi: string;
  readonly channels: Record<string, { address: string; messages: Record<string, Ref>; bindings: { kafka: { bindingVersion: string; partitions: number } } }>;
  readonly operations: Record<string, { action: string; channel: Ref }>;
  readonly components: { readonly messages: Record<string, { payload: Ref; examples: unknown[] }> };
}

describe('the AsyncAPI document', () => {
  const read = async (): Promise<Document> => parse((await readText(ASYNCAPI_FILE)) ?? '') as Document;

  it('has a channel with Kafka bindings for every topic and a message for every event version', async () => {
    const { asyncapi, channels, components } = await read();
    expect(asyncapi).toBe('3.0.0');
    const patterns = new Set(catalogue.flatMap((contract) => contract.definition.topics));
    expect(new Set(Object.values(channels).map((channel) => channel.address))).toEqual(patterns);
    for (const { bindings } of Object.values(channels)) expect(bindings.kafka).toMatchObject({ bindingVersion: '0.5.0', partitions: expect.any(Number) });
    expect(Object.keys(components.messages).sort()).toEqual(catalogue.map((contract) => contract.definition.type).sort());
  });

  it('refers to nothing that is not there', async () => {
    const document = await read();
    for (const channel of Object.values(document.channels)) {
      for (const message of Object.values(channel.messages)) {
        expect(document.components.messages).toHaveProperty([message.$ref.replace('#/components/messages/', '')]);
      }
    }
    for (const operation of Object.values(document.operations)) {
      expect(document.channels).toHaveProperty([operation.channel.$ref.replace('#/channels/', '')]);
    }
    for (const message of Object.values(document.components.messages)) {
      expect(await readText(`docs/${message.payload.$ref}`)).toBeDefined();
      expect(message.examples).toHaveLength(1);
    }
  });
});
