// `fusedos bench`: what calls cost. The command line loads this file only for that command; tests/bench uses `measureCalls`.
// Node only.

import { BATCH, MEASURED_CALLS, type MeasuredCall } from './calls.ts';
import { measureCalls } from './measure.ts';
import { builtin } from './platform.ts';
import { renderReport } from './render.ts';

export { BATCH, MEASURED_CALLS, type MeasuredCall } from './calls.ts';
export type { Column, Floor } from './columns.ts';
export { bareCopyUs } from './copy.ts';
export { generateGuest } from './guest.ts';
export { type CallReport, type CallRow, type MeasureOptions, measureCalls } from './measure.ts';
export { table } from './render.ts';
export type { Cell } from './series.ts';
export { geometricMean, median, quantile, type Summary, summarize } from './statistics.ts';

const USAGE = `Usage: fusedos bench syscalls [options]

Measures what system calls cost: in the guest's worker, shipped to Linux under each poll policy, and beside it under
node:wasi and browser_wasi_shim, with the bare floors. One run, all in turns; leave the host otherwise idle.

Options:
  --calls LIST  only these, by comma: ids (below) or names of calls
  --quick       fewer and shorter rounds
  --json        print JSON instead of tables
  --help        print this

Ids: ${MEASURED_CALLS.map(({ id }) => id).join(' ')}
`;

const FAILED = 125;
const ENDING_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const FULL = { rounds: 15, turnMs: 10, limitMs: 120_000 } as const;
const QUICK = { rounds: 4, turnMs: 4, limitMs: 10_000 } as const;

/**
 * Runs the benchmark that a command line asks for.
 *
 * @param args what follows `fusedos bench`
 * @returns the exit status
 */
export async function runBench(args: string[]): Promise<number> {
  const options = parse(args);
  if (typeof options === 'string') {
    console.error(`fusedos bench: ${options}; see fusedos bench --help`);
    return FAILED;
  }
  if (options.help) {
    console.log(USAGE.trimEnd());
    return 0;
  }
  const isTerminal = process.stderr.isTTY === true;
  const extent = options.quick ? QUICK : FULL;
  const seconds = extent.limitMs / 1000;
  // What was made on disk goes when the process exits, however it is ended.
  for (const [signal, status] of Object.entries(ENDING_SIGNALS)) process.once(signal, () => process.exit(status));
  console.error(
    `Measures ${options.calls.length} call${options.calls.length === 1 ? '' : 's'} in turns of ${extent.turnMs} ms, for ${seconds} s at the most.`,
  );
  const report = await measureCalls({
    calls: options.calls,
    ...extent,
    onProgress: (done, all) => {
      if (isTerminal) process.stderr.write(done < all ? `\rmeasuring ${Math.floor((100 * done) / all)} %` : '\r\x1b[K');
    },
  });
  console.log(
    options.json ? JSON.stringify({ batch: BATCH, ...report }, undefined, 2) : renderReport(report, extent.rounds),
  );
  return 0;
}

interface BenchOptions {
  readonly calls: readonly MeasuredCall[];
  readonly quick: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @returns the options, or what is wrong with them */
function parse(args: string[]): BenchOptions | string {
  let parsed: { values: { calls?: string; quick?: boolean; json?: boolean; help?: boolean }; positionals: string[] };
  try {
    parsed = builtin('node:util').parseArgs({
      args,
      allowPositionals: true,
      options: {
        calls: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error);
  }
  const { calls: list, quick = false, json = false, help = false } = parsed.values;
  const [what = 'syscalls', more] = parsed.positionals;
  if (what !== 'syscalls' || more !== undefined) return `there is no benchmark ${more ?? what}`;
  const calls = list === undefined ? MEASURED_CALLS : selectCalls(list.split(','));
  return typeof calls === 'string' ? calls : { calls, quick, json, help };
}

function selectCalls(names: readonly string[]): readonly MeasuredCall[] | string {
  const isNamed = ({ id, title }: MeasuredCall, name: string): boolean => id === name || title.startsWith(name);
  const unknown = names.find((name) => name === '' || !MEASURED_CALLS.some((call) => isNamed(call, name)));
  if (unknown !== undefined) return `there is no measured call ${unknown || 'without a name'}`;
  return MEASURED_CALLS.filter((call) => names.some((name) => isNamed(call, name)));
}
