import { CommanderError } from 'commander';
import { makeProgram } from './program.js';
import { oneLine } from './output/one-line.js';

/** Exit codes: 0 done, 1 refused or failed with one line why, 2 wrong usage. */
try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${oneLine(error)}\n`);
    process.exitCode = 1;
  }
}
