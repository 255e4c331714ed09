// How a call of MPI fails: code below an entry throws, and the wrapper of every entry (see entry.ts) asks the error handler of the
// communicator, window or file at hand what becomes of it.

/** An error as MPI tells it. */
export class MpiError extends Error {
  /** MPI_ERR_…: see runtime/abi/mpi/constants. */
  readonly errorClass: number;

  /** @param text for people, as a sentence that goes on after the class's own: what was wrong, with its value */
  constructor(errorClass: number, text: string) {
    super(text);
    this.errorClass = errorClass;
  }
}
