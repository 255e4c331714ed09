// A job from its start to its end, as process/run has a program: feeds the first rank what it reads, collects what all write.

import type { MachineFileSystem } from '../fs/index.ts';
import { Output } from '../process/output.ts';
import { observe, type RunResult } from '../process/result.ts';
import { feedStdin, type OpenStdin, openStdin } from '../process/stdin.ts';
import type { Job, JobExit } from './job.ts';
import type { JobOptions } from './options.ts';

/** How a job ended, with all that its ranks wrote. */
export interface JobResult extends RunResult, JobExit {}

/**
 * Runs a job to its end.
 *
 * @param start is given what the first rank will read
 *
 * Errors: those of `start`, of stdin's source and of the options `trace` and `onOutput`; ExitError. No rank is left that still runs.
 */
export async function runJob(
  fs: MachineFileSystem,
  options: JobOptions,
  start: (stdin: OpenStdin | undefined) => Promise<Job>,
): Promise<JobResult> {
  const stdin = openStdin(options.stdin);
  try {
    return await observe(fs, options, async () => collect(await start(stdin), stdin, options));
  } finally {
    stdin?.cancel();
  }
}

async function collect(job: Job, stdin: OpenStdin | undefined, { outputOverflow }: JobOptions): Promise<JobResult> {
  try {
    const fed = feedStdin(stdin, job.input);
    const outputs = [allOf(job.output('stdout')), allOf(job.output('stderr'))] as const;
    const [exit, stdout, stderr] = await Promise.all([job.exit, ...outputs, job.traced, fed]);
    const truncated = job.isOutputCut;
    const limit = exit.limit ?? (truncated && outputOverflow !== 'truncate' ? 'output' : undefined);
    return { ...exit, limit, stdout, stderr, truncated };
  } catch (error) {
    job.kill('SIGKILL');
    await job.exit.catch(() => {}); // the caller is told of what came first
    throw error;
  } finally {
    job.freeOutput();
  }
}

async function allOf(source: AsyncIterable<Uint8Array>): Promise<Output> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return new Output(chunks);
}
