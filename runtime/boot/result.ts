// How a run ended: what `machine.run` gives, or fails with.

import { FusedError } from './errors.ts';
import type { Output } from './output.ts';
import type { Exit } from './process.ts';

/** How a run ended, with all that it wrote. */
export interface RunResult extends Exit {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** `check: true` and a status other than 0: the error carries the result. */
export class ExitError extends FusedError {
  readonly result: RunResult;

  constructor(result: RunResult) {
    const reason = result.trap?.message ?? result.signal ?? `exit status ${result.exitCode}`;
    super('EEXIT', `the program failed: ${reason}`);
    this.result = result;
  }
}
