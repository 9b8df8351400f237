import { issuedEntry, kindOf, saysTheSame, signCertificate } from '@heed/certificate';
import type { Certificate, CertificateKind, IssuedCertificate, SignedCertificate } from '@heed/certificate';
import type { OkpKey } from '@heed/crypto';
import { notFound } from '@heed/kernel';
import type { LedgerEvidence } from '@heed/ledger';
import { remind } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { entriesOf, keptAct } from './acts.js';
import type { Act, KeptAct } from './acts.js';

/** What a register asks of its service's ledger. */
export interface EvidenceSource {
  /** `pending` while the sequencer has not come to one of them. */
  evidenceFor(tx: Tx, entryIds: readonly string[]): Promise<readonly LedgerEvidence[] | 'pending'>;
  /** Its own key: who trusts its checkpoints needs no second one. */
  readonly signing: OkpKey;
}

/** What a certificate is about, beside what it says. */
export interface Issuing {
  /** The request, withdrawal, consent record or notice. */
  readonly about: string;
  /** What its ledger entry names beside the certificate, e.g. `{ requestId: '…' }`. */
  readonly data: Readonly<Record<string, string>>;
  /** The person meant, where there is one. */
  readonly ref?: string | undefined;
  readonly acts: readonly Act[];
}

/** What the attaching job is reminded of. */
export const EVIDENCE = 'certificate-evidence';

interface Kept {
  readonly document: IssuedCertificate;
  readonly entry_id: string;
  readonly acts: readonly KeptAct[];
  readonly evidence: readonly LedgerEvidence[] | null;
}

/** The certificates of a service: signed and entered in the ledger once, told with their evidence ever after. */
export class CertificateRegister {
  constructor(private readonly ledger: EvidenceSource) {}

  /** Signs certificates and keeps them, in the transaction of what completes them. */
  async issue(tx: Tx, wanted: readonly (Issuing & { readonly certificate: Certificate })[]): Promise<void> {
    if (wanted.length === 0) return;
    const rows = wanted.map(({ certificate, about, data, ref, acts }) => ({
      id: certificate.id,
      kind: kindOf(certificate),
      about,
      entry_id: tx.record({ ...issuedEntry(certificate, data), ...(ref ? { ref } : {}) }),
      acts: acts.map(keptAct),
      document: signCertificate(certificate, this.ledger.signing),
      issued_at: certificate.issuedAt,
    }));
    await tx.query(
      `WITH issued AS (
         INSERT INTO issued_certificate (id, kind, about, entry_id, acts, document, issued_at)
         SELECT * FROM json_to_recordset($1::json) AS c(id uuid, kind text, about uuid, entry_id uuid, acts jsonb, document json, issued_at timestamptz)
         RETURNING id)
       INSERT INTO certificate_awaiting_evidence (certificate_id) SELECT id FROM issued`,
      [JSON.stringify(rows)],
    );
    await remind(tx, { work: EVIDENCE, at: tx.clock.now() });
  }

  /**
   * Issues on asking what nothing completes: once, and again where there is something new to say. Who asks at the same time
   * finds what the first was given.
   * @param build what is to be certified as it stands now; its `supersedes` is filled in here
   * @returns the id of the certificate that says so
   */
  async onAsking(tx: Tx, kind: CertificateKind, about: string, build: () => Promise<Omit<Issuing, 'about'> & { readonly certificate: Certificate }>): Promise<string> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`certificate ${tx.tenant} ${kind} ${about}`]);
    const wanted = await build();
    const before = await this.newest(tx, kind, about);
    if (before && saysTheSame(before, wanted.certificate)) return before.id;
    await this.issue(tx, [{ ...wanted, about, certificate: { ...wanted.certificate, supersedes: before?.id ?? null } }]);
    return wanted.certificate.id;
  }

  /** The newest certificate about something. */
  async newest(tx: Tx, kind: CertificateKind, about: string): Promise<Certificate | undefined> {
    const [row] = await tx.query<{ document: IssuedCertificate }>(
      'SELECT document FROM issued_certificate WHERE kind = $1 AND about = $2 ORDER BY seq DESC LIMIT 1',
      [kind, about],
    );
    return row?.document.certificate;
  }

  /**
   * The certificate with its evidence; undefined while the ledger has not all of it. What was found is kept.
   * @throws HeedError `not_found`
   */
  async evidenced(tx: Tx, id: string): Promise<SignedCertificate | undefined> {
    const [row] = await tx.query<Kept>(
      `SELECT c.document, c.entry_id, c.acts, e.evidence FROM issued_certificate c LEFT JOIN certificate_evidence e ON e.certificate_id = c.id WHERE c.id = $1`,
      [id],
    );
    if (!row) throw notFound('certificate');
    const ledger = row.evidence ?? (await this.attach(tx, id, row));
    return ledger && { ...row.document, ledger: [...ledger] };
  }

  private async attach(tx: Tx, id: string, { entry_id: entryId, acts }: Kept): Promise<readonly LedgerEvidence[] | undefined> {
    const found = await this.ledger.evidenceFor(tx, [entryId, ...(await entriesOf(tx, acts))]);
    if (found === 'pending') return undefined;
    const evidence = found.toSorted((a, b) => Number(b.record.id === entryId) - Number(a.record.id === entryId) || a.index - b.index);
    await tx.query(
      `WITH kept AS (INSERT INTO certificate_evidence (certificate_id, evidence, attached_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING)
       DELETE FROM certificate_awaiting_evidence WHERE certificate_id = $1`,
      [id, JSON.stringify(evidence), tx.clock.now()],
    );
    return evidence;
  }
}
