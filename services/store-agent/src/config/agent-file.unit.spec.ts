import { describe, expect, it } from 'vitest';
import { milliseconds } from './agent-file.js';
import { parseAgentFile } from './agent.config.js';

const yaml = `
tenant: acme
stores:
  - id: crm
    kind: postgres
    title: Customers
    maxBackupAge: P30D
    connection: { url: "\${CRM_URL}" }
    map:
      tables:
        - { table: people, key: id, identifiers: { email: email }, fields: [{ column: email, category: contact }] }
      purposes:
        marketing_email: { table: people, column: marketing }
`;

describe('the agent file', () => {
  it('takes secrets from the environment and fills what is left out', () => {
    const file = parseAgentFile(yaml, { CRM_URL: 'postgres://agent@db/crm' });
    expect(file.stores[0]).toMatchObject({ connection: { url: 'postgres://agent@db/crm', journalSchema: 'heed_agent' } });
    expect(file).toMatchObject({ name: 'main', limits: { batch: 100, chunkRows: 10_000, secondLookAfter: 'PT30S' } });
  });

  it('names a variable that is not set', () => {
    expect(() => parseAgentFile(yaml, {})).toThrow('${CRM_URL} is not set');
  });

  it('names the place of a mistake', () => {
    expect(() => parseAgentFile(yaml.replace('table: people, column', 'table: persons, column'), { CRM_URL: 'postgres://x' })).toThrow(/stores\.0\.map\.purposes/);
  });

  it('refuses fields it does not know', () => {
    expect(() => parseAgentFile(`${yaml}\nretries: 3`, { CRM_URL: 'postgres://x' })).toThrow('retries');
  });

  it.each([['PT30S', 30_000], ['PT1H', 3_600_000], ['PT1M30S', 90_000]])('reads %s', (text, ms) => {
    expect(milliseconds(text)).toBe(ms);
  });
});
