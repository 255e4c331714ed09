// What a call of a library fails with when the program has ended: the reason, and for a batch how far it came.

import { FusedError } from '../errors.ts';
import type { Exit } from '../process/exit.ts';

/** A library's program ended while a function was called, or before: why is in `exit`, and in the message. Its code is ESRCH. */
export class ProgramEndedError extends FusedError {
  /** How it ended; undefined when the machine went before. */
  readonly exit: Exit | undefined;
  /** Of a batch: the call that ended the program, and the results of those before it. */
  readonly index: number | undefined;
  readonly results: readonly unknown[] | undefined;

  constructor(
    message: string,
    exit: Exit | undefined,
    batch?: { readonly index: number; readonly results: unknown[] },
  ) {
    super('ESRCH', message);
    this.exit = exit;
    this.index = batch?.index;
    this.results = batch?.results;
  }
}
