import path from 'node:path';
import { postgresTls, readPem, TlsFloor } from '@heed/config';
import type { TlsVersion } from '@heed/config';
import { HttpConnector } from '@heed/connector-http';
import type { StoreConnector } from '@heed/connector-spi';
import { PostgresConnector } from '@heed/connector-postgres';
import type { PostgresStoreConfig, StoreConfig } from './config/agent-file.js';

/** The connector of a store's kind. */
export function connectorFor(store: StoreConfig, agent: { readonly tenant: string; readonly stateDir: string; readonly tlsMin: TlsVersion }): StoreConnector {
  switch (store.kind) {
    case 'postgres':
      return new PostgresConnector({
        url: store.connection.url,
        ssl: storeTls(store.connection, agent.tlsMin),
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

/** @throws ConfigError where the authority's file cannot be read, or the URL says something else */
function storeTls({ url, tls, caFile, tlsMin }: PostgresStoreConfig['connection'], agentMin: TlsVersion): ReturnType<typeof postgresTls> {
  const ca = caFile === undefined ? undefined : readPem('agent file: caFile', caFile);
  return postgresTls({ mode: tls, ca }, url, new TlsFloor(tlsMin ?? agentMin));
}
