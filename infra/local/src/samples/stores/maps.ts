import type { ProcessorDataMap, SqlDataMap } from '@heed/contracts-subprocessor-registry';

type MappedTable = SqlDataMap['tables'][number];

const erase = { onErasure: 'erase' } as const;
const fields = (category: string, ...columns: string[]): MappedTable['fields'] => columns.map((column) => ({ column, category }));

/** Tenants whose product talks over WhatsApp keep the conversations in their CRM. */
export const WHATSAPP_TENANTS: ReadonlySet<string> = new Set(['auronx']);

/** What the sample CRM holds: people, their orders, their tickets and the messages in them. */
export function crmMap(tenant: string): SqlDataMap {
  const whatsapp: MappedTable = {
    table: 'whatsapp_messages',
    key: 'id',
    identifiers: { phone: 'phone' },
    parent: { table: 'people', column: 'person_id' },
    fields: fields('whatsapp_conversation', 'phone', 'body'),
    ...erase,
  };
  return {
    tables: [
      {
        table: 'people',
        key: 'id',
        identifiers: { email: 'email', phone: 'phone', user_id: 'user_id' },
        fields: fields('contact', 'email', 'phone', 'user_id', 'name', 'company', 'country'),
        createdAt: 'created_at',
        ...erase,
      },
      { table: 'orders', key: 'id', parent: { table: 'people', column: 'person_id' }, fields: fields('orders', 'total_cents', 'ship_to'), ...erase },
      { table: 'tickets', key: 'id', parent: { table: 'people', column: 'person_id' }, fields: fields('support', 'subject'), ...erase },
      { table: 'messages', key: 'id', parent: { table: 'tickets', column: 'ticket_id' }, fields: fields('support', 'body'), ...erase },
      ...(WHATSAPP_TENANTS.has(tenant) ? [whatsapp] : []),
    ],
    purposes: { marketing_email: { table: 'people', column: 'marketing_email', on: true, off: false } },
  };
}

/** What the sample product telemetry holds: one profile per user and what they did. */
export const telemetryMap: SqlDataMap = {
  tables: [
    {
      table: 'profiles',
      key: 'user_id',
      identifiers: { user_id: 'user_id', email: 'email' },
      fields: [...fields('contact', 'email'), ...fields('web_analytics', 'user_id', 'locale', 'last_ip')],
      createdAt: 'first_seen',
      ...erase,
    },
    { table: 'events', key: 'id', parent: { table: 'profiles', column: 'user_id' }, fields: fields('telemetry', 'name', 'properties'), ...erase },
  ],
  purposes: { analytics: { table: 'profiles', column: 'analytics', on: true, off: false } },
};

/** What the sample mail processor holds for a tenant. */
export const mailProcessorMap: ProcessorDataMap = {
  identifiers: ['email', 'phone'],
  fields: [
    { column: 'email', category: 'contact' },
    { column: 'phone', category: 'contact' },
    { column: 'name', category: 'contact' },
  ],
  purposes: ['marketing_email'],
};
