import { CommanderError } from 'commander';
import { makeProgram } from './program.js';
import { UsageError } from './output/cli-error.js';
import { oneLine } from './output/one-line.js';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

/** Exit codes: 0 done, 1 refused or failed with one line why, 2 wrong usage. */
try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${oneLine(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
