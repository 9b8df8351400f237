import kafkajs from 'kafkajs'; // as a whole: Node finds no name in it that is spread into its exports
import type { Admin } from 'kafkajs';

type Settings = Readonly<Record<string, string>>;
interface Bounded {
  readonly topic: string;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

/** Kafka's own word for what was set for this topic, and is not its default. */
const OF_TOPIC = 1;

/** Brings topics within their declared bounds: of numbers the smaller counts, so that an operator may be stricter. */
export async function tighten(admin: Admin, topics: readonly Bounded[]): Promise<void> {
  if (topics.length === 0) return;
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: topics.map(({ topic: name }) => ({ type, name })) });
  const changes = resources.flatMap(({ resourceName: name, configEntries }) => {
    const declared = Object.fromEntries(topics.find(({ topic }) => topic === name)?.configEntries.map((entry) => [entry.name, entry.value]) ?? []);
    const present = Object.fromEntries(configEntries.map((entry) => [entry.configName, entry.configValue]));
    const bounded = within(declared, present);
    if (Object.keys(bounded).length === 0) return [];
    // The call replaces all that was set for the topic.
    const kept = Object.fromEntries(configEntries.filter((entry) => Number(entry.configSource) === OF_TOPIC).map((entry) => [entry.configName, entry.configValue]));
    return [{ type, name, configEntries: Object.entries({ ...kept, ...bounded }).map(([entry, value]) => ({ name: entry, value })) }];
  });
  if (changes.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changes });
}

/** What has to change. @example within({ 'retention.ms': '10' }, { 'retention.ms': '20' }) // { 'retention.ms': '10' } */
export function within(declared: Settings, present: Settings): Settings {
  return Object.fromEntries(Object.entries(declared).filter(([name, value]) => !keeps(present[name], value)));
}

function keeps(present: string | undefined, declared: string): boolean {
  const [is, may] = [Number(present), Number(declared)];
  if (present === undefined || !Number.isFinite(may)) return present === declared;
  return is >= 0 && is <= may; // below zero is "for ever"
}
