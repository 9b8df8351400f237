import path from 'node:path';
import { HttpConnector } from '@heed/connector-http';
import type { StoreConnector } from '@heed/connector-spi';
import { PostgresConnector } from '@heed/connector-postgres';
import type { StoreConfig } from './config/agent-file.js';

/** The connector of a store's kind. */
export function connectorFor(store: StoreConfig, agent: { readonly tenant: string; readonly stateDir: string }): StoreConnector {
  switch (store.kind) {
    case 'postgres':
      return new PostgresConnector({
        url: store.connection.url,
        map: store.map,
        schema: store.connection.journalSchema,
        applicationName: `heed-agent ${store.id}`,
      });
    case 'http':
      return new HttpConnector({
        map: store.map,
        processor: store.connection,
        webhook: { url: store.connection.webhookUrl, secret: store.connection.webhookSecret },
        journal: path.join(agent.stateDir, `journal-${agent.tenant}-${store.id}.sqlite`),
      });
  }
}
