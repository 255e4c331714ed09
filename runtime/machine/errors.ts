// The one error class of the public API: a code that programs test, a message that says what to do.

/** Codes are errno names, and those of this table. */
export class FusedError extends Error {
  override readonly name = 'FusedError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A worker did not start, which is a matter of files, not a bug: what the caller is told. */
export function notStarted(error: Error & { readonly code: string }): FusedError {
  return new FusedError(error.code, error.message, { cause: error.cause });
}

/** An error for a bug report: with its stack. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A program was ended by a bug of ours, which hurt nobody else. */
export function containedBugError(report: string): FusedError {
  return new FusedError('EIO', `the program was ended by an error of fusedos itself; please report it. ${report}`);
}

/** The machine has stopped because of a bug of ours. */
export function bugError(report: string): FusedError {
  return new FusedError('EIO', `fusedos stopped because of an error of its own; please report it. ${report}`);
}

export function closedError(): FusedError {
  return new FusedError('ESHUTDOWN', 'the machine is closed');
}
