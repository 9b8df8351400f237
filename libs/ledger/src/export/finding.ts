/** What a verifier can hold against an export; programs branch on the code. */
export type FindingCode =
  | 'file_missing' // a file that every export has is not there
  | 'file_malformed' // … or cannot be read as what it is
  | 'key_malformed'
  | 'checkpoint_malformed'
  | 'checkpoint_unsigned' // not signed by any of the keys given
  | 'checkpoint_signature_wrong' // signed by a known key, but changed since
  | 'checkpoint_forked' // two signed checkpoints of one size with different roots
  | 'checkpoint_inconsistent' // a signed checkpoint that the tree, proven by a later one, never had
  | 'rolled_back' // shorter than a checkpoint that is trusted
  | 'tile_missing'
  | 'tile_changed'
  | 'record_changed'
  | 'record_removed'
  | 'record_inserted'
  | 'record_moved'
  | 'record_misnumbered'
  | 'record_malformed'
  | 'pruning_unlogged'; // records said to be pruned, of which the ledger itself does not know

export interface Finding {
  readonly code: FindingCode;
  /** One line: what is wrong, and where. */
  readonly message: string;
  /** The place in the ledger, counted from 0. */
  readonly index?: number;
  readonly id?: string;
  /** The tile's path in the folder. */
  readonly tile?: string;
  /** Signed checkpoints: up to the first size all is proven, at the second it is not. */
  readonly between?: readonly [good: number, bad: number];
}

/** Ends the verification: the first thing found decides. */
export class LedgerFault extends Error {
  constructor(readonly finding: Finding) {
    super(finding.message);
    this.name = 'LedgerFault';
  }
}

export function fault(code: FindingCode, message: string, where: Omit<Finding, 'code' | 'message'> = {}): never {
  throw new LedgerFault({ code, message, ...where });
}
