import type { PendingRow } from './unit-of-work.js';

/** A row of `heed.outbox`: one event, or a pack of several for the same topic and lane. */
export interface OutboxRow {
  readonly lane: number;
  readonly topic: string;
  /** Of a pack: the one key of all of them, or empty. */
  readonly key: string;
  /** Of a pack: what the headers of all of them have in common. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null takes the key off a compacted topic. Of a pack: JSON of `[key, other headers, value]`, in order. */
  readonly value: string | null;
  readonly packed: boolean;
}

type Packed = readonly [key: string, headers: Record<string, string>, value: string | null];

/** Characters of a pack; an event that is larger has a row alone. */
const PACK_CHARACTERS = 64_000;
/** Of an event beside its value, roughly: its key and the headers that are its own. */
const EVENT_CHARACTERS = 200;

/** The fewest rows for these events. Those of one topic and lane stay in order; nobody asks for more. */
export function pack(events: readonly PendingRow[]): readonly OutboxRow[] {
  return [...Map.groupBy(events, ({ lane, topic }) => `${lane} ${topic}`).values()].flatMap((group) => [...portions(group)].map(rowOf));
}

/** What is to be published, as it was enqueued. */
export function eventsIn(row: OutboxRow): readonly PendingRow[] {
  if (!row.packed) return [row];
  const { lane, topic, headers: common } = row;
  return (JSON.parse(row.value ?? '[]') as readonly Packed[]).map(([key, headers, value]) => ({ lane, topic, key, headers: { ...common, ...headers }, value }));
}

function* portions(events: readonly PendingRow[]): Generator<readonly PendingRow[]> {
  let portion: PendingRow[] = [];
  let characters = 0;
  for (const event of events) {
    const size = (event.value?.length ?? 0) + EVENT_CHARACTERS;
    if (portion.length > 0 && characters + size > PACK_CHARACTERS) {
      yield portion;
      [portion, characters] = [[], 0];
    }
    portion.push(event);
    characters += size;
  }
  if (portion.length > 0) yield portion;
}

function rowOf(events: readonly PendingRow[]): OutboxRow {
  const [first, ...others] = events;
  if (!first || others.length === 0) return { ...first!, packed: false };
  const common = Object.fromEntries(Object.entries(first.headers).filter(([name, value]) => others.every(({ headers }) => headers[name] === value)));
  const own = (headers: PendingRow['headers']): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => !(name in common)));
  return {
    lane: first.lane, topic: first.topic, key: others.every(({ key }) => key === first.key) ? first.key : '', headers: common,
    value: JSON.stringify(events.map(({ key, headers, value }): Packed => [key, own(headers), value])), packed: true,
  };
}
