import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { onFileChange } from '../process/on-file-change.js';
import { onEnd } from '../process/on-end.js';
import { issuerClient, type IssuerClient } from './clients.js';
import { readIssuerConfig } from './issuer.config.js';
import { makeIssuer } from './issuer.js';
import { issuerKeys } from './signing-key.js';

const config = readIssuerConfig();
if (config.NODE_ENV === 'production') {
  console.error('Refused: the local issuer hands tokens to anyone who can read a file; set HEED_ISSUER to your identity provider.');
  process.exit(1);
}
const file = config.HEED_ISSUER_CLIENTS;
const readClients = (): IssuerClient[] => z.array(issuerClient).parse(JSON.parse(readFileSync(file, 'utf8')));
const server = makeIssuer({
  url: config.HEED_ISSUER,
  audience: config.HEED_AUDIENCE,
  clients: readClients(),
  keys: await issuerKeys(config.HEED_KEYS_DIR),
  onChange: (replace) => onFileChange(file, () => replace(readClients())),
});
server.listen(config.HEED_ISSUER_PORT, '127.0.0.1', () => console.log(`issuer ready at ${config.HEED_ISSUER}`));
onEnd(server);
