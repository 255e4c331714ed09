// A run from its start to its end: feeds a program what it reads, collects what it writes, waits for all that belongs to it.
// Whatever makes a run fail (a source of its stdin, its trace) has ended the program first, so that none runs on unseen.

import type { MachineFileSystem } from '../fs/index.ts';
import type { RunOptions } from '../options.ts';
import type { GuestProcess } from './process.ts';
import { observe, type RunResult } from './result.ts';
import { feedStdin, type OpenStdin, openStdin } from './stdin.ts';

/**
 * Runs a program to its end.
 *
 * @param start is given what the program will read
 *
 * Errors: those of `start`, of stdin's source and of the option `trace`; ExitError. No program is left that still runs.
 */
export async function runToEnd(
  fs: MachineFileSystem,
  options: RunOptions,
  start: (stdin: OpenStdin | undefined) => Promise<GuestProcess>,
): Promise<RunResult> {
  const stdin = openStdin(options.stdin);
  try {
    return await observe(fs, options, async () => collect(await start(stdin), stdin, options));
  } finally {
    stdin?.cancel();
  }
}

async function collect(
  process: GuestProcess,
  stdin: OpenStdin | undefined,
  { outputOverflow }: RunOptions,
): Promise<RunResult> {
  try {
    const fed = feedStdin(stdin, process.input);
    const [exit, [stdout, stderr]] = await Promise.all([process.exit, process.collect(), process.traced, fed]);
    const truncated = process.isOutputCut;
    // It may have ended by itself before so much was read.
    const limit = exit.limit ?? (truncated && outputOverflow !== 'truncate' ? 'output' : undefined);
    return { ...exit, limit, stdout, stderr, truncated };
  } catch (error) {
    process.kill('SIGKILL');
    await process.exit.catch(() => {}); // the caller is told of what came first
    throw error;
  }
}
