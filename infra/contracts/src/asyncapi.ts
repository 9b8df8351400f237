import { stringify } from 'yaml';
import { catalogue, type Contract } from './catalogue.js';
import type { Fixture } from './fixture.js';
import { topicsOf, type DeclaredTopic } from './topics.js';

const BINDING = '0.5.0';
/** Topics that others write and Heed reads; it writes the rest. */
const RECEIVED = /\.ingress\.v\d+$|^heed\.acks\./;

const PARAMETERS = {
  tenant: { description: 'The organisation whose privacy policy Heed runs. ACLs on the prefix keep tenants apart.', examples: ['ajuni'] },
  owner: { description: 'The service that owns the dispatch.', enum: ['consent', 'dsar', 'retention'] },
} as const;

const cloudEvent = {
  contentType: 'application/json',
  headers: {
    type: 'object',
    required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type'],
    properties: {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: { type: 'string', maxLength: 256, description: 'Unique with ce_source: what is seen twice has its effect once.' },
      ce_source: { type: 'string', maxLength: 512 },
      ce_type: { type: 'string' },
      ce_time: { type: 'string', format: 'date-time' },
      ce_tenantid: { type: 'string', description: "On a tenant's topic optional, and refused where it differs from the topic's." },
      ce_correlationid: { type: 'string', description: 'One for all that came of the same call.' },
      ce_causationid: { type: 'string', description: 'The event or call that led to this one.' },
      ce_dataregion: { type: 'string' },
      traceparent: { type: 'string', description: 'W3C Trace Context of this hop.' },
      ce_traceparent: { type: 'string', description: 'W3C Trace Context of where the trace began.' },
      'content-type': { type: 'string' },
    },
  },
};

/** Everything that is on Kafka as one AsyncAPI 3.0 document. */
export function asyncApi(topics: ReadonlyMap<string, DeclaredTopic>, fixtures: ReadonlyMap<string, Fixture>): string {
  const patterns = [...new Set(catalogue.flatMap((contract) => contract.definition.topics))];
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Heed on Kafka',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 in Kafka binary mode: attributes are ce_ headers, the value is the JSON data alone. A version is never edited; ' +
        'a breaking change is a new type beside the old one. Records that cannot be processed go to <topic>.dlq with the reason.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { embedded: { host: '127.0.0.1:4121', protocol: 'kafka', description: "The embedded start's broker; yours is what KAFKA_BROKERS names." } },
    channels: Object.fromEntries(patterns.map((pattern) => [channelKey(pattern), channel(pattern, topics)])),
    operations: Object.fromEntries(
      patterns.map((pattern) => {
        const action = RECEIVED.test(pattern) ? 'receive' : 'send';
        return [`${action}-${channelKey(pattern)}`, { action, channel: { $ref: `#/channels/${channelKey(pattern)}` } }];
      }),
    ),
    components: {
      messages: Object.fromEntries(catalogue.map((contract) => [contract.definition.type, message(contract, fixtures)])),
      messageTraits: { cloudEvent },
    },
  };
  return `# Generated from libs/contracts by "npm run generate".\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** @example channelKey('heed.t.{tenant}.ingress.v1') // 'heed-t-tenant-ingress-v1' */
export function channelKey(pattern: string): string {
  return pattern.replace(/[{}]/g, '').replaceAll('.', '-');
}

function channel(pattern: string, topics: ReadonlyMap<string, DeclaredTopic>): object {
  const types = catalogue.map((contract) => contract.definition).filter((definition) => definition.topics.includes(pattern));
  const parameters = Object.entries(PARAMETERS).filter(([name]) => pattern.includes(`{${name}}`));
  const declared = topicsOf(pattern).map((name) => topics.get(name))[0];
  return {
    address: pattern,
    ...(parameters.length > 0 ? { parameters: Object.fromEntries(parameters) } : {}),
    messages: Object.fromEntries(types.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }])),
    ...(declared === undefined ? {} : { bindings: { kafka: kafkaChannel(declared) } }),
  };
}

function kafkaChannel(topic: DeclaredTopic): object {
  const configuration: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(topic.config)) {
    if (name === 'cleanup.policy') configuration[name] = value.split(',');
    else if (/^(retention\.(ms|bytes)|delete\.retention\.ms|max\.message\.bytes)$/.test(name)) configuration[name] = Number(value);
  }
  return { partitions: topic.partitions, replicas: topic.replicas, topicConfiguration: configuration, bindingVersion: BINDING };
}

function message({ definition, owner }: Contract, fixtures: ReadonlyMap<string, Fixture>): object {
  const fixture = fixtures.get(definition.type);
  const key = owner === 'ingress' ? 'Any key; records of one key stay in order.' : "The person's ref where one person is meant, else the id of what changed.";
  return {
    name: definition.type,
    title: definition.type,
    summary: definition.summary,
    traits: [{ $ref: '#/components/messageTraits/cloudEvent' }],
    headers: { type: 'object', properties: { ce_type: { const: definition.type } } },
    payload: { $ref: `./schemas/${definition.type}.json` },
    bindings: { kafka: { key: { type: 'string', description: key }, bindingVersion: BINDING } },
    ...(fixture === undefined ? {} : { examples: [{ name: 'golden', headers: fixture.headers, payload: fixture.data }] }),
  };
}
