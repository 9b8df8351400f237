/** The purposes of the sample policy that rest on consent; whoever is filled in decided about each once. */
export const PURPOSES = ['marketing_email', 'analytics'] as const;
/** The first of them decided so long ago, in milliseconds; the rest evenly since, until yesterday. */
const AGO = 2 * 365 * 86_400_000;
const UNTIL = 86_400_000;
/** People who decided in the same moment: a clock that is read less often, because its text takes as long as all the rest. */
const AT_ONCE = 500;

/** A person's ref: without an order, as random ones are, and known again by its number. */
export function refOf(n: number): string {
  return `sub_${((n * 40_503) % 65_536).toString(16).padStart(4, '0')}${String(n).padStart(28, '0')}`;
}
/** As `refOf`, of the number N. */
export const REF_IN_LUA = 'string.format("sub_%04x%028d", (N * 40503) % 65536, N)';

export function emailOf(n: number): string {
  return `known-${n}@example.com`;
}
/** As `emailOf`. */
export const EMAIL_IN_LUA = 'string.format("known-%d@example.com", N)';

/** One in so many has a data key that opens, and an address that is sealed under it: writing about them needs both. The others have bytes of the same form. */
export const WHOLE = 20;

/** The people of a register of a stated size, always the same ones at the same times. */
export class People {
  private readonly began = Date.now() - AGO;
  private readonly pace: number;
  private last = -1;
  private text = '';

  constructor(total: number) {
    this.pace = (AGO - UNTIL) / Math.max(1, total);
  }

  /** When somebody decided. */
  timeOf(n: number): string {
    const moment = Math.floor(n / AT_ONCE);
    if (moment !== this.last) [this.last, this.text] = [moment, new Date(this.at(n)).toISOString()];
    return this.text;
  }

  /** UUIDv7 of somebody's record of a purpose; `part` keeps what else they have apart. */
  idOf(n: number, part: number): string {
    const ms = this.at(n).toString(16).padStart(12, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${(n * 4 + part).toString(16).padStart(12, '0')}`;
  }

  private at(n: number): number {
    return this.began + Math.floor(Math.floor(n / AT_ONCE) * AT_ONCE * this.pace);
  }
}
