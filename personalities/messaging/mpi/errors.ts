// How a call of MPI fails: code below an entry throws, and the wrapper of every entry (see entry.ts) asks the error handler of the
// communicator, window or file at hand what becomes of it.

/** Whose handler is asked: of a communicator. */
export interface ErrorHandling {
  readonly handle: number;
  readonly errorHandler: number;
}

/** An error as MPI tells it. */
export class MpiError extends Error {
  /** MPI_ERR_…: see runtime/abi/mpi/constants. */
  readonly errorClass: number;
  /** Whose handler hears of it, if no argument of the call says so. */
  readonly communicator: ErrorHandling | undefined;

  /** @param text for people, as a sentence that goes on after the class's own: what was wrong, with its value */
  constructor(errorClass: number, text: string, communicator?: ErrorHandling) {
    super(text);
    this.errorClass = errorClass;
    this.communicator = communicator;
  }
}

/** A handle or an address, for people. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
