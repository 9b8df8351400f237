import type { Tx } from '@heed/persistence';
import type { KnownAge, ParentalConsent } from './domain/age.js';

export type CaseReason = 'age_stated' | 'child_signal';
export type CaseOutcome = 'adult' | 'child' | 'parental_consent';

/** A row as JSON, as another statement brings it along. */
export interface AgeJson {
  readonly standing: KnownAge['standing'];
  readonly at_least: number | null;
  readonly believed_from: string | null;
  readonly parental: ParentalConsent | null;
  readonly opened_at: string | null;
  readonly resolved_at: string | null;
}

export interface PersonAge extends KnownAge {
  /** Somebody has to look. */
  readonly caseOpen: boolean;
}

export interface NewAge {
  readonly ref: string;
  readonly known: KnownAge;
  /** Opens a case, or opens it again. */
  readonly opens?: { readonly reason: CaseReason; readonly channel: string } | undefined;
}

/** For a statement that reads people anyway: one look into a small table, and no way to it. @example `SELECT ref, ${AGE_OF('s')} …` */
export const AGE_OF = (people: string): string => `(SELECT to_jsonb(a) FROM person_age a WHERE a.ref = ${people}.ref) AS age`;

export function ageFrom(row: AgeJson | null): PersonAge | undefined {
  return row
    ? {
        standing: row.standing, atLeast: row.at_least, believedFrom: row.believed_from === null ? null : new Date(row.believed_from),
        parental: row.parental, caseOpen: row.opened_at !== null && row.resolved_at === null,
      }
    : undefined;
}

export async function knownAges(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, PersonAge>> {
  if (refs.length === 0) return new Map();
  const rows = await tx.query<AgeJson & { ref: string }>('SELECT * FROM person_age WHERE ref = ANY($1)', [refs]);
  return new Map(rows.flatMap((row) => [[row.ref, ageFrom(row)!] as const]));
}

/** The people are locked. */
export async function keepAges(tx: Tx, ages: readonly NewAge[]): Promise<void> {
  if (ages.length === 0) return;
  await tx.query(
    `INSERT INTO person_age AS a (ref, standing, at_least, believed_from, parental, opened_at, reason, channel)
     SELECT ref, standing, at_least, believed_from, parental, CASE WHEN reason IS NOT NULL THEN $2::timestamptz END, reason, channel
       FROM jsonb_to_recordset($1::jsonb) AS n(ref text, standing text, at_least smallint, believed_from timestamptz, parental jsonb, reason text, channel text)
     ON CONFLICT (ref) DO UPDATE SET standing = excluded.standing, at_least = excluded.at_least, believed_from = excluded.believed_from,
       parental = excluded.parental, opened_at = coalesce(excluded.opened_at, a.opened_at), reason = coalesce(excluded.reason, a.reason),
       channel = coalesce(excluded.channel, a.channel),
       resolved_at = CASE WHEN excluded.reason IS NULL THEN a.resolved_at END, resolved_by = CASE WHEN excluded.reason IS NULL THEN a.resolved_by END,
       outcome = CASE WHEN excluded.reason IS NULL THEN a.outcome END`,
    [
      JSON.stringify(
        ages.map(({ ref, known, opens }) => ({
          ref, standing: known.standing, at_least: known.atLeast, believed_from: known.believedFrom, parental: known.parental, ...opens,
        })),
      ),
      tx.clock.now(),
    ],
  );
}
