/** Thrown for a value that cannot be what its type says. The message never holds the value. */
export class IdentifierInvalid extends Error {
  readonly code = 'identifier_invalid';

  constructor(
    /** The type of the identifier that was refused. */
    readonly type: string,
    message: string,
  ) {
    super(message);
    this.name = 'IdentifierInvalid';
  }
}
