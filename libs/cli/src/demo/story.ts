import { printLine } from '../output/print.js';

/** One line of the table at the end: what one store, or one admin, did about one thing said once. */
export interface Outcome {
  readonly flow: string;
  readonly who: string;
  readonly what: string;
  readonly rows: string;
  readonly residue: string;
  readonly proof: string;
  readonly after: string;
}

/** Tells what happens while it happens, with the time since the flow began. */
export class Story {
  #begin = performance.now();
  readonly outcomes: Outcome[] = [];

  constructor(private readonly aloud: boolean) {}

  flow(title: string): void {
    this.#begin = performance.now();
    this.#print(`\n${title}`);
  }

  say(line: string): void {
    this.#print(`  ${this.elapsed().padStart(8)}  ${line}`);
  }

  /** Since the flow began. */
  elapsed(): string {
    const ms = performance.now() - this.#begin;
    return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
  }

  record(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }

  #print(line: string): void {
    if (this.aloud) printLine(line);
  }
}
