import type { SignedCertificate } from '@heed/certificate';
import { CertificateReader } from '@heed/certificate-register';
import { MAX_UUID } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { presentStates } from '../consent-record/consent-record.store.js';
import { withLink } from '../link/opened-link.js';
import type { Link } from '../link/link.store.js';
import { Receipts } from '../receipt/receipts.use-case.js';

/** Receipts in memory at once, for as long as whoever reads takes. */
const PAGE = 100;

interface Opened {
  readonly tenant: string;
  readonly link: Link;
}

/** What a person takes home from their page. */
export class OwnReceipts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly receipts: Receipts,
    private readonly certificates: CertificateReader,
  ) {}

  /** A receipt of every decision, newest first, as one JSON document that is written while it is read. Undefined: the token opens none. */
  async all(token: string): Promise<AsyncGenerator<string> | undefined> {
    const opened = await this.open(token);
    return opened && this.document(opened);
  }

  /**
   * Signed: for each purpose the receipt of the decision that holds, with the history of the purpose.
   * @throws HeedError `ledger_pending`
   */
  async signed(token: string): Promise<readonly SignedCertificate[] | undefined> {
    const opened = await this.open(token);
    if (!opened) return undefined;
    const { tenant, link } = opened;
    // All are issued before any is waited for: the ledger comes to them at once, not one second after the other.
    const ids = await this.unitOfWork.run(tenant, async (tx) => {
      const certified: string[] = [];
      for (const { recordId } of await presentStates(tx, [link.ref])) certified.push(await this.receipts.certify(tx, link.ref, recordId));
      return certified;
    });
    const signed: SignedCertificate[] = [];
    for (const id of ids) signed.push(await this.certificates.read(tenant, () => Promise.resolve(id)));
    return signed;
  }

  private open(token: string): Promise<Opened | undefined> {
    return withLink(this.unitOfWork, token, (tx, link) => Promise.resolve(link.kind === 'preferences' ? { tenant: tx.tenant, link } : undefined));
  }

  private async *document({ tenant, link }: Opened): AsyncGenerator<string> {
    yield '{"receipts":[';
    for (let before = MAX_UUID, first = true; ; first = false) {
      const page = await this.unitOfWork.run(tenant, (tx) => this.receipts.page(tx, link.ref, before, PAGE));
      if (page.length > 0) yield `${first ? '' : ',\n'}${page.map((receipt) => JSON.stringify(receipt)).join(',\n')}`;
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      before = last.record.register.record_id;
    }
    yield ']}\n'; // what was cut off before is no JSON
  }
}
