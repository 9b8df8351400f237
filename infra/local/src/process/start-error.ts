/** Why the embedded start cannot go on. The message is one line that says what to do about it. */
export class StartError extends Error {
  constructor(
    readonly code: StartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message.replace(/\s*\n\s*/g, ' '), options);
    this.name = 'StartError';
  }
}

export type StartErrorCode =
  | 'already_running'
  | 'build_missing'
  | 'disk_full'
  | 'home_unusable'
  | 'java_missing'
  | 'java_too_old'
  | 'job_failed'
  | 'maven_failed'
  | 'maven_missing'
  | 'pack_unusable'
  | 'part_failed'
  | 'platform_unsupported'
  | 'port_taken'
  | 'production_refused';
