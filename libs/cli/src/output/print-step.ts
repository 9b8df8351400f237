import type { StepDone } from '@heed/provisioning';
import { printLine, printRemark, seconds } from './print.js';

/** One line for each step of a long work; beside the answer where that is JSON. */
export function printStep(json: boolean | undefined): (step: StepDone) => void {
  const print = json === true ? printRemark : printLine;
  return ({ name, index, total, ms }) => print(`  ✓ ${`${index}/${total}`.padStart(5)}  ${name.padEnd(36)} ${seconds(ms)}`);
}
