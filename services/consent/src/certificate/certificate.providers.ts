import { CertificateRegister, certificateProviders } from '@heed/certificate-register';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { CertifyConsent } from './certify-consent.use-case.js';
import { Receipts } from '../receipt/receipts.use-case.js';
import { CertifyWithdrawal } from './certify-withdrawal.use-case.js';

const inject = [CertificateRegister, PolicyStore];

export const consentCertificates = (): Provider[] => [
  ...certificateProviders(),
  { provide: CertifyWithdrawal, inject, useFactory: (register: CertificateRegister, policies: PolicyStore) => new CertifyWithdrawal(register, policies) },
  { provide: CertifyConsent, inject, useFactory: (register: CertificateRegister, policies: PolicyStore) => new CertifyConsent(register, policies) },
  { provide: Receipts, inject, useFactory: (register: CertificateRegister, policies: PolicyStore) => new Receipts(register, policies) },
];
