import { WHATSAPP_TENANTS } from './maps.js';

/** Emails are compared in lower case and phone numbers without blanks, so both have an index on just that. */
const PHONE = `regexp_replace(phone, '[^0-9+]', '', 'g')`;

export function crmSchema(tenant: string): string {
  const whatsapp = `
CREATE TABLE IF NOT EXISTS whatsapp_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES people, phone text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out')), body text NOT NULL, sent_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS whatsapp_person ON whatsapp_messages (person_id);
CREATE INDEX IF NOT EXISTS whatsapp_phone ON whatsapp_messages ((${PHONE}));`;
  return `
CREATE TABLE IF NOT EXISTS people (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, phone text, user_id text, name text NOT NULL, company text, country char(2),
  marketing_email boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX IF NOT EXISTS people_email ON people ((lower(email)));
CREATE INDEX IF NOT EXISTS people_phone ON people ((${PHONE}));
CREATE INDEX IF NOT EXISTS people_user ON people (user_id);
CREATE TABLE IF NOT EXISTS orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES people, total_cents int NOT NULL,
  currency char(3) NOT NULL DEFAULT 'EUR', ship_to text NOT NULL, placed_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS orders_person ON orders (person_id);
CREATE TABLE IF NOT EXISTS tickets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), person_id bigint NOT NULL REFERENCES people, subject text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS tickets_person ON tickets (person_id);
CREATE TABLE IF NOT EXISTS messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket_id uuid NOT NULL REFERENCES tickets, author text NOT NULL, body text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS messages_ticket ON messages (ticket_id);${WHATSAPP_TENANTS.has(tenant) ? whatsapp : ''}`;
}

export const TELEMETRY_SCHEMA = `
CREATE TABLE IF NOT EXISTS profiles (
  user_id text PRIMARY KEY, email text, locale text, last_ip inet, analytics boolean NOT NULL DEFAULT true, first_seen timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX IF NOT EXISTS profiles_email ON profiles ((lower(email)));
CREATE TABLE IF NOT EXISTS events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text NOT NULL REFERENCES profiles, name text NOT NULL,
  properties jsonb NOT NULL DEFAULT '{}', occurred_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS events_user ON events (user_id, occurred_at);`;
