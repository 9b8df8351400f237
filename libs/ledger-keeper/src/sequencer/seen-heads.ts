import { EMPTY_ROOT } from '@heed/ledger';

/** Where a ledger stands: so many leaves, under this root. */
export interface LedgerState {
  readonly size: number;
  readonly root: Buffer;
}

/** A ledger stood further once than it does now, or held something else. */
export class LedgerWentBack extends Error {
  override readonly name = 'LedgerWentBack';

  constructor(
    readonly tenant: string,
    readonly known: LedgerState,
    readonly found: LedgerState,
  ) {
    super(`the ledger of ${tenant} has ${found.size} leaves; ${known.size} were seen`);
  }
}

/**
 * How far this process has seen each ledger: a ledger only grows, so one that is shorter now lies in an older database than
 * before, and to go on from there would make two histories of one.
 */
export class SeenHeads {
  private readonly seen = new Map<string, LedgerState>();
  private gone = new Map<string, LedgerWentBack>();

  constructor(private readonly alarm: () => void = () => undefined) {}

  note(tenant: string, { size, root }: LedgerState): void {
    if ((this.seen.get(tenant)?.size ?? 0) <= size) this.seen.set(tenant, { size, root });
  }

  /** What is known of a tenant's ledger. */
  of(tenant: string): LedgerState {
    return this.seen.get(tenant) ?? { size: 0, root: EMPTY_ROOT };
  }

  /** Ledgers that were found to have gone back since they were last asked for. */
  takeAlarms(): readonly LedgerWentBack[] {
    const alarms = [...this.gone.values()];
    this.gone = new Map();
    return alarms;
  }

  /** @throws LedgerWentBack */
  readonly check = (tenant: string, found: LedgerState): void => {
    const known = this.of(tenant);
    if (found.size > known.size || (found.size === known.size && found.root.equals(known.root))) return;
    const back = new LedgerWentBack(tenant, known, found);
    this.gone.set(tenant, back);
    this.alarm();
    throw back;
  };
}
