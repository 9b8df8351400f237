import type { ConsentReceipt } from '@heed/certificate';
import { CertificateRegister } from '@heed/certificate-register';
import { notFound, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { tenantOf } from '../certificate/tenant-of.js';
import { actOf } from './act-of.js';
import { buildReceipt } from './build-receipt.js';
import type { PackOf } from './build-receipt.js';
import { historyOf, personExists, presentKey, presentOf, recordOf, recordsBefore } from './register.store.js';
import type { RegisterRow } from './register.store.js';

/** Events that a signed receipt tells at most: a document stays readable, and the register of the person has all. */
const MAX_EVENTS = 200;
/** Of how many of the newest events the ledger's proof is brought along; that of the receipt's own decision always is. */
const MAX_PROVEN = 20;

/** Receipts of a person's decisions: by page as they were made, and one by one signed, with what became of them. */
export class Receipts {
  constructor(
    private readonly register: CertificateRegister,
    private readonly policies: PolicyStore,
  ) {}

  /**
   * Newest first, each with the one event of its decision.
   * @throws HeedError `not_found` for a person whom nobody knows
   */
  async page(tx: Tx, ref: string, before: string, limit: number): Promise<readonly ConsentReceipt[]> {
    const rows = await recordsBefore(tx, ref, before, limit);
    if (rows.length === 0 && !(await personExists(tx, ref))) throw notFound('person');
    const [present, packOf] = [await presentOf(tx, ref), await this.packs(tx, rows)];
    return rows.map((row) => buildReceipt({ row, history: [row], complete: false, present: present.get(presentKey(row)) }, packOf));
  }

  /**
   * The receipt of one decision with the history of its purpose, signed and entered in the ledger: once, and again where
   * something was decided since.
   * @returns the id of the certificate that it is
   * @throws HeedError `not_found`
   */
  async certify(tx: Tx, ref: string, recordId: string): Promise<string> {
    return this.register.onAsking(tx, 'receipt', recordId, async () => {
      const row = await recordOf(tx, ref, recordId);
      if (!row) throw notFound('consent record');
      const newest = await historyOf(tx, row, MAX_EVENTS + 1);
      const history = withOwn(row, newest.slice(0, MAX_EVENTS));
      const [present, packOf] = [await presentOf(tx, ref), await this.packs(tx, history)];
      const receipt = buildReceipt({ row, history, complete: newest.length <= MAX_EVENTS, present: present.get(presentKey(row)) }, packOf);
      const now = tx.clock.now();
      const certificate = {
        schema: 'heed.dev/certificate/receipt/v1' as const, id: uuidv7(now), tenant: await tenantOf(tx, this.policies), receipt,
        issuedAt: now.toISOString(), supersedes: null,
      };
      const proven = history.filter((one, i) => one.tookEffect && (i < MAX_PROVEN || one.id === row.id));
      return { certificate, data: { recordId }, ref: row.ref, acts: proven.map(actOf) };
    });
  }

  private async packs(tx: Tx, rows: readonly RegisterRow[]): Promise<PackOf> {
    const packs = new Map<number, ReturnType<PackOf>>();
    for (const version of new Set(rows.map(({ policyVersion }) => policyVersion))) packs.set(version, (await this.policies.version(tx, version)).pack);
    return (version) => packs.get(version)!;
  }
}

/** The decision itself is told, however many came after it. By version: several decisions may have been made in one millisecond. */
function withOwn(row: RegisterRow, newest: readonly RegisterRow[]): readonly RegisterRow[] {
  const told = newest.some(({ id }) => id === row.id) ? newest : [...newest, row];
  return told.toSorted((a, b) => b.version - a.version);
}
