import { kindOf } from '../certificate.js';
import type { CertificateKind, SignedCertificate } from '../certificate.js';
import type { ConsentCertificate } from '../kinds/consent.js';
import type { ErasureCertificate } from '../kinds/erasure.js';
import type { NoticeCertificate } from '../kinds/notice.js';
import type { ReceiptCertificate } from '../kinds/receipt/receipt.js';
import type { WithdrawalCertificate } from '../kinds/withdrawal.js';
import { consentBody } from './consent-page.js';
import { erasureBody } from './erasure-page.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { noticeBody } from './notice-page.js';
import { when } from './pieces.js';
import { proofSection } from './proof-section.js';
import { receiptBody } from './receipt-page.js';
import { webPage } from './web-page.js';
import { withdrawalBody } from './withdrawal-page.js';

const TITLE: Readonly<Record<CertificateKind, string>> = {
  erasure: 'Certificate of erasure',
  withdrawal: 'Certificate of withdrawal',
  consent: 'Certificate of consent',
  notice: 'Certificate of notice',
  receipt: 'Receipt of a consent decision',
};

/** The certificate as a person reads and prints it. The signed JSON is the proof; this page is its reading. */
export function certificatePage(signed: SignedCertificate): string {
  const { certificate: c } = signed;
  const title = TITLE[kindOf(c)];
  const by = c.tenant.name === c.tenant.controller ? c.tenant.name : `${c.tenant.controller} (${c.tenant.name})`;
  return webPage(
    `${title}, ${c.tenant.name}`,
    html`<header><h1>${title}</h1><p>${by}</p><p>Issued on ${when(c.issuedAt)}</p></header>
${bodyOf(signed)}
${proofSection(signed)}`,
  );
}

function bodyOf(signed: SignedCertificate): Html {
  const { certificate } = signed;
  switch (certificate.schema) {
    case 'heed.dev/certificate/erasure/v1':
      return erasureBody({ ...signed, certificate } satisfies SignedCertificate<ErasureCertificate>);
    case 'heed.dev/certificate/withdrawal/v1':
      return withdrawalBody({ ...signed, certificate } satisfies SignedCertificate<WithdrawalCertificate>);
    case 'heed.dev/certificate/consent/v1':
      return consentBody({ ...signed, certificate } satisfies SignedCertificate<ConsentCertificate>);
    case 'heed.dev/certificate/notice/v1':
      return noticeBody({ ...signed, certificate } satisfies SignedCertificate<NoticeCertificate>);
    case 'heed.dev/certificate/receipt/v1':
      return receiptBody({ ...signed, certificate } satisfies SignedCertificate<ReceiptCertificate>);
  }
}
