/** Refused or failed: its message is the one line that the person reads. */
export class CliError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
  }
}

/** Wrong usage that only shows once all options are read. */
export class UsageError extends CliError {}
