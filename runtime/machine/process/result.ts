// How a run ended: what `machine.run` gives, or fails with.

import type { Changes } from '../../../personalities/linux/index.ts';
import { FusedError } from '../errors.ts';
import type { MachineFileSystem } from '../fs/index.ts';
import type { RunOptions } from '../options.ts';
import type { Exit } from './exit.ts';
import type { Output } from './output.ts';

/** How a run ended, with all that it wrote. */
export interface RunResult extends Exit {
  readonly stdout: Output;
  readonly stderr: Output;
  /** What it wrote to stdout and stderr is not all there: it was more than `maxOutput`. */
  readonly truncated: boolean;
  /** With the option `changes`. */
  readonly changes?: Changes;
}

/** `check: true`, and a status other than 0 or a limit that ended it: the error carries the result. */
export class ExitError extends FusedError {
  readonly result: RunResult;

  constructor(result: RunResult) {
    const reason = result.trap?.message ?? result.signal ?? `exit status ${result.exitCode}`;
    const limit = result.limit === undefined ? '' : ` (limit: ${result.limit})`;
    super('EEXIT', `the program failed: ${reason}${limit}`);
    this.result = result;
  }
}

/** Runs a program as its options want it looked at. Errors: as `run`; ExitError with `check`. */
export async function observe<Result extends RunResult>(
  fs: MachineFileSystem,
  { changes, check }: Pick<RunOptions, 'changes' | 'check'>,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = changes ? await fs.checkpoint() : undefined;
  try {
    const ended = await run();
    const result = before === undefined ? ended : { ...ended, changes: await before.changes() };
    if (check && (result.exitCode !== 0 || result.limit !== undefined)) throw new ExitError(result);
    return result;
  } finally {
    // A machine that is closed has released it.
    before?.release().catch(() => {});
  }
}
