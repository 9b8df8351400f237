import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Say = (line: string) => void;

/** A figure that should be the same on a register of any size. */
export interface Flat {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
}

export const rounded = (value: number, digits = 0): string => value.toFixed(digits);

/** What a run says, line by line, and keeps to be written down at its end. */
export class Report {
  private readonly sizes: { readonly records: number; readonly figures: Record<string, number> }[] = [];
  private readonly phases: { readonly name: string; readonly seconds: number; readonly failed?: string }[] = [];
  private readonly lines: string[] = [];
  private readonly others: Record<string, unknown> = {};
  private readonly began = new Date();

  constructor(private readonly print: Say) {}

  readonly say: Say = (line) => {
    this.lines.push(line);
    this.print(line);
  };

  /** Figures from here on are of a register of so many records. */
  size(records: number): void {
    this.sizes.push({ records, figures: {} });
  }

  /** Of the size that is being measured. */
  figure(name: string, value: number): number {
    const size = this.sizes.at(-1);
    if (size) size.figures[name] = Math.round(value * 1000) / 1000;
    return value;
  }

  keep(name: string, value: unknown): void {
    this.others[name] = value;
  }

  /** Part of the run, with its time. One that fails is told, and the others go on without it. @returns whether it came to its end */
  async phase(name: string, work: () => Promise<void>): Promise<boolean> {
    const begin = performance.now();
    const failure = await work().then(() => undefined, (error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    const seconds = (performance.now() - begin) / 1000;
    this.phases.push({ name, seconds: Math.round(seconds * 10) / 10, ...(failure ? { failed: failure.message } : {}) });
    this.say(failure ? `(${name}: FAILED after ${rounded(seconds / 60, 1)} min: ${failure.stack ?? failure.message})` : `(${name}: ${rounded(seconds / 60, 1)} min)`);
    return failure === undefined;
  }

  /** Each figure at every size, and what the last is to the first. */
  closingTable(rows: readonly Flat[]): void {
    const pad = (texts: readonly string[]): string => texts.map((text) => text.padStart(14)).join('');
    this.say('── does it stay flat? each figure by the number of records that were there, and the last to the first');
    this.say(`${''.padEnd(64)}${pad([...this.sizes.map(({ records }) => records.toLocaleString('en')), 'last/first'])}`);
    for (const { name, label, unit, digits } of rows) {
      const values = this.sizes.map(({ figures }) => figures[name] ?? Number.NaN);
      const ratio = (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN);
      this.say(`${label.padEnd(64)}${pad([...values.map((value) => `${rounded(value, digits)} ${unit}`), rounded(ratio, 2)])}`);
    }
  }

  /** For the documentation to be filled from. */
  async write(file: string): Promise<void> {
    const seconds = Math.round((Date.now() - this.began.getTime()) / 1000);
    this.say(`whole run: ${rounded(seconds / 60, 1)} min (${this.phases.map(({ name, seconds: of }) => `${name} ${rounded(of / 60, 1)}`).join(', ')})`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify({ began: this.began.toISOString(), node: process.version, seconds, phases: this.phases, sizes: this.sizes, ...this.others, lines: this.lines }, null, 2)}\n`);
    this.say(`written to ${file}`);
  }
}
