import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SERVICES } from '../system/context.js';
import { checkout } from '../system/local.config.js';
import type { Home } from '../system/home.js';
import { writeJson } from '../system/write-json.js';
import { clientsOf, issuerClient, type IssuerClient, type IssuerTenant } from './clients.js';
import { hashedClients } from './hashed-clients.js';

/** The issuer's program, for whoever runs it by itself. */
export const localIssuer = join(checkout, 'infra', 'local', 'dist', 'issuer', 'main.js');

/** What the issuer knows of its clients; their secrets are in the home's own file, see `secrets.ts`. */
export const issuerClientsFile = (home: Home): string => join(home.keys('issuer'), 'clients.json');

/** Writes the clients of these tenants and of all services. @param secrets of the clients, by id */
export async function writeIssuerClients(file: string, tenants: readonly IssuerTenant[], secrets: Readonly<Record<string, string>>): Promise<void> {
  writeJson(file, await hashedClients(clientsOf(tenants, SERVICES), secrets, knownClients(file)));
}

/** None where the file is missing or of an older form: then all are hashed anew. */
function knownClients(file: string): readonly IssuerClient[] {
  try {
    return z.array(issuerClient).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}
