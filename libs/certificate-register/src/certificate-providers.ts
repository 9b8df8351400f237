import { Ledger } from '@heed/ledger-keeper';
import { UnitOfWork } from '@heed/persistence';
import type { Provider } from '@nestjs/common';
import { CertificateReader } from './certificate-reader.js';
import { CertificateRegister } from './certificate-register.js';

/**
 * What a service that issues certificates adds to its module.
 * @example providers: [...certificateProviders()]
 */
export function certificateProviders(): Provider[] {
  return [
    { provide: CertificateRegister, inject: [Ledger], useFactory: (ledger: Ledger) => new CertificateRegister(ledger) },
    {
      provide: CertificateReader,
      inject: [UnitOfWork, CertificateRegister],
      useFactory: (unitOfWork: UnitOfWork, register: CertificateRegister) => new CertificateReader(unitOfWork, register),
    },
  ];
}
