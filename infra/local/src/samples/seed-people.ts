import pg from 'pg';
import { mailProcessorBase } from './agent-config.js';
import { processorToken } from './mail-processor/credentials.js';
import { WHATSAPP_TENANTS } from './stores/maps.js';
import { storeAdminUrl } from './stores/urls.js';

export interface SeedOptions {
  readonly adminUrl: string;
  readonly tenant: string;
  readonly count: number;
  /** The same seed makes the same people; other seeds make others. */
  readonly seed?: number;
  /** Without it, the mailing list is left alone. */
  readonly mailProcessor?: { readonly url: string; readonly webhookSecret: string };
}

export interface SamplePerson {
  readonly email: string;
  readonly phone: string;
  readonly user_id: string;
  readonly name: string;
}

const GIVEN = ['Ada', 'Bela', 'Chandra', 'Dina', 'Emre', 'Farah', 'Goran', 'Hana', 'Ivo', 'Jana', 'Kofi', 'Lena', 'Mira', 'Nils', 'Olu', 'Priya', 'Quentin', 'Rosa', 'Samir', 'Tara'];
const FAMILY = ['Adler', 'Banerjee', 'Castro', 'Dvorak', 'Eriksen', 'Fischer', 'Gupta', 'Haddad', 'Ibrahim', 'Jansen', 'Kaur', 'Lopez', 'Meyer', 'Novak', 'Okafor', 'Petrov', 'Rao', 'Silva', 'Tanaka', 'Weber'];
const PER_REQUEST = 5000;

/** The people of a seed, without a database. */
export function samplePeople(tenant: string, count: number, seed = 1): readonly SamplePerson[] {
  const random = mulberry32(seed);
  const pick = (names: readonly string[]): string => names[Math.floor(random() * names.length)] ?? '';
  return Array.from({ length: count }, (_, i) => {
    const [given, family] = [pick(GIVEN), pick(FAMILY)];
    const number = seed * 100_000 + i;
    return {
      name: `${given} ${family}`,
      email: `${given}.${family}.${number}@${tenant}.example`.toLowerCase(),
      phone: `+49151${String(20_000_000 + (number % 70_000_000))}`,
      user_id: `u-${number}`,
    };
  });
}

/**
 * Fills a tenant's sample stores with generated people: who is there already is left as they are. About 20 rows a
 * person; 3,000 people take some two seconds.
 * @returns the people's identifiers
 */
export async function seedPeople(options: SeedOptions): Promise<readonly SamplePerson[]> {
  const { tenant, adminUrl, mailProcessor } = options;
  const people = samplePeople(tenant, options.count, options.seed);
  const columns = [people.map((p) => p.email), people.map((p) => p.phone), people.map((p) => p.user_id), people.map((p) => p.name)];
  await run(storeAdminUrl(adminUrl, 'crm', tenant), crmRows(tenant), columns);
  await run(storeAdminUrl(adminUrl, 'telemetry', tenant), TELEMETRY_ROWS, columns.slice(0, 3));
  if (mailProcessor) {
    for (let from = 0; from < people.length; from += PER_REQUEST) await importContacts(mailProcessor, tenant, people.slice(from, from + PER_REQUEST));
  }
  return people;
}

/** `hashint4` of the row makes a person's amount of data the same in every run. */
function crmRows(tenant: string): string {
  const spread = (text: string, upTo: number): string => `generate_series(1, 1 + abs(hashtext(${text}) % ${upTo}))`;
  const whatsapp = WHATSAPP_TENANTS.has(tenant)
    ? `, w AS (INSERT INTO whatsapp_messages (person_id, phone, direction, body)
         SELECT p.id, p.phone, CASE g % 2 WHEN 0 THEN 'in' ELSE 'out' END, 'Where is my parcel? ' || g FROM p, ${spread("'w' || p.id", 6)} g)`
    : '';
  return `
WITH p AS (
  INSERT INTO people (email, phone, user_id, name, company, country, created_at)
  SELECT u.email, u.phone, u.user_id, u.name, 'Company ' || abs(hashtext(u.email) % 500), (ARRAY['DE','IN','FR','US','NL'])[1 + abs(hashtext(u.email) % 5)],
         now() - abs(hashtext(u.email) % 700) * interval '1 day' - interval '1 hour'
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u(email, phone, user_id, name)
  ON CONFLICT DO NOTHING RETURNING id, phone, name),
o AS (INSERT INTO orders (person_id, total_cents, ship_to, placed_at)
  SELECT p.id, 990 + abs(hashtext(p.id || '-' || g) % 20000), p.name || ', Example Street ' || g, now() - g * interval '9 days' FROM p, ${spread("'o' || p.id", 4)} g),
t AS (INSERT INTO tickets (person_id, subject) SELECT p.id, 'Question ' || g FROM p, ${spread("'t' || p.id", 2)} g RETURNING id)${whatsapp}
INSERT INTO messages (ticket_id, author, body)
SELECT t.id, CASE g % 2 WHEN 1 THEN 'customer' ELSE 'support' END, 'Message ' || g || ' about the question' FROM t, ${spread('t.id::text', 4)} g`;
}

const TELEMETRY_ROWS = `
WITH p AS (
  INSERT INTO profiles (user_id, email, locale, last_ip, first_seen)
  SELECT u.user_id, u.email, (ARRAY['de','en','fr'])[1 + abs(hashtext(u.user_id) % 3)], '192.0.2.0'::inet + abs(hashtext(u.user_id) % 250),
         now() - abs(hashtext(u.user_id) % 700) * interval '1 day' - interval '1 hour'
  FROM unnest($1::text[], $2::text[], $3::text[]) AS u(email, phone, user_id)
  ON CONFLICT DO NOTHING RETURNING user_id)
INSERT INTO events (user_id, name, properties, occurred_at)
SELECT p.user_id, (ARRAY['login','page_view','search','export'])[1 + g % 4], jsonb_build_object('n', g), now() - g * interval '7 hours'
FROM p, generate_series(1, 3 + abs(hashtext(p.user_id) % 10)) g`;

async function run(connectionString: string, sql: string, values: readonly (readonly string[])[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined); // the server went away; the query says so
  await client.connect();
  try {
    await client.query(sql, [...values]);
  } finally {
    await client.end();
  }
}

async function importContacts(processor: NonNullable<SeedOptions['mailProcessor']>, tenant: string, people: readonly SamplePerson[]): Promise<void> {
  const response = await fetch(`${mailProcessorBase(processor.url, tenant)}/contacts/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${processorToken(processor.webhookSecret)}`, 'content-type': 'application/json' },
    body: JSON.stringify(people.map(({ email, phone, name }) => ({ email, phone, name, marketing_email: true }))),
  });
  if (!response.ok) throw new Error(`the mail processor answered ${response.status} to an import`);
}

/** A small generator with a seed, so that every run makes the same people. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
