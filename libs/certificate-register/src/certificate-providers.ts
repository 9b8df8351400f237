import { fileSecret, generateAgentKeys } from '@heed/crypto';
import { Ledger } from '@heed/ledger-keeper';
import { UnitOfWork } from '@heed/persistence';
import type { Provider } from '@nestjs/common';
import path from 'node:path';
import { CertificateReader } from './certificate-reader.js';
import { CertificateRegister } from './certificate-register.js';

/**
 * What a service that issues certificates adds to its module.
 * @param keysDir where the service's ledger key is
 * @example providers: [...certificateProviders(environment.HEED_KEYS_DIR)]
 */
export function certificateProviders(keysDir: string): Provider[] {
  return [
    {
      provide: CertificateRegister,
      inject: [Ledger],
      useFactory: async (ledger: Ledger) => new CertificateRegister(ledger, await fileSecret(path.join(keysDir, 'ledger.json'), () => generateAgentKeys().signing)),
    },
    {
      provide: CertificateReader,
      inject: [UnitOfWork, CertificateRegister],
      useFactory: (unitOfWork: UnitOfWork, register: CertificateRegister) => new CertificateReader(unitOfWork, register),
    },
  ];
}
