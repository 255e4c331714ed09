// One kernel of the demonstration: run under each placement, its report read, its outputs looked at through `machine.fs`.

import type { Machine, RunResult } from '../index.ts';
import type { CompiledApp } from './compile.ts';
import { appTitle } from './names.ts';
import type { Progress } from './progress.ts';
import { outputsOf } from './staging.ts';

export const PLACEMENTS_SHOWN = ['cnk', 'fused', 'library'] as const;
export type ShownPlacement = (typeof PLACEMENTS_SHOWN)[number];

/** No kernel takes a tenth of it: a run that does not end is a failure, not a demonstration that hangs. */
const TIMEOUT_MS = 30_000;

/** The REPORT line. See: guest-apps/c/report.h */
export interface Report {
  readonly size: string;
  readonly result: string;
  readonly check: string;
  readonly rate: string;
  readonly unit: string;
}

/** A line of guest-apps/c/ranks.h, print_transfer. */
export interface Transfer {
  readonly bytes: number;
  readonly us: number;
}

export interface OutputFile {
  readonly path: string;
  readonly bytes: number;
}

export interface PlacementRun {
  /** Of the whole process: start, files, all repetitions, end. */
  readonly seconds: number;
  readonly report: Report | undefined;
  /** What it said of messages, in its order. */
  readonly transfers: readonly Transfer[];
  readonly outputs: readonly OutputFile[];
  readonly calls: { readonly local: number; readonly shipped: number };
  /** What went wrong, if anything did. */
  readonly failure: string | undefined;
}

export interface AppResult {
  readonly app: CompiledApp['app'];
  readonly runs: Readonly<Record<ShownPlacement, PlacementRun>>;
}

/**
 * Runs an app under all placements.
 *
 * @param index its place in the list. The first run of a program also warms its code up, so each app begins with another
 *   placement
 */
export async function runApp(
  machine: Machine,
  { app, bytes }: CompiledApp,
  index: number,
  progress: Progress,
): Promise<AppResult> {
  const title = `run ${appTitle(app)}: ${app.summary}`;
  const program = await machine.compile(bytes);
  const runs: Partial<Record<ShownPlacement, PlacementRun>> = {};
  const run = async (step: number): Promise<void> => {
    const placement = PLACEMENTS_SHOWN[(index + step) % PLACEMENTS_SHOWN.length] ?? 'cnk';
    progress.update(`${title} … under ${placement}`);
    const outputs = outputsOf(app);
    for (const path of outputs) await machine.fs.rm(path, { force: true });
    const startMs = performance.now();
    const { name, args, ranks: n } = app;
    const options = { args, placement, timeoutMs: TIMEOUT_MS };
    const result = await (n === undefined
      ? machine.run(program, { ...options, name })
      : machine.mpirun([{ program, name, n }], options));
    const seconds = (performance.now() - startMs) / 1000;
    runs[placement] = await judge(machine, result, outputs, seconds);
  };
  for (let step = 0; step < PLACEMENTS_SHOWN.length; step++) await run(step);
  const { cnk, fused, library } = runs;
  if (cnk === undefined || fused === undefined || library === undefined) throw new Error('a placement was left out');
  const result: AppResult = { app, runs: { cnk, fused, library } };
  progress.note(`${title} … ${failuresOf(result).length === 0 ? 'pass' : 'FAIL'}: ${times(result)}`);
  return result;
}

/** One line for each run that failed. */
export function failuresOf({ app, runs }: AppResult): string[] {
  return PLACEMENTS_SHOWN.flatMap((placement) => {
    const { failure } = runs[placement];
    return failure === undefined ? [] : [`${appTitle(app)} under ${placement}: ${failure}`];
  });
}

function times({ runs }: AppResult): string {
  return PLACEMENTS_SHOWN.map((placement) => `${placement} ${runs[placement].seconds.toFixed(2)} s`).join(', ');
}

async function judge(
  machine: Machine,
  result: RunResult,
  paths: readonly string[],
  seconds: number,
): Promise<PlacementRun> {
  const report = parseReport(result.stdout.lines().at(-1) ?? '');
  const outputs = await Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(machine, path) })));
  const calls = { local: 0, shipped: 0 };
  for (const { local, shipped } of Object.values(result.counts)) {
    calls.local += local;
    calls.shipped += shipped;
  }
  const transfers = parseTransfers(result.stdout.text());
  return { seconds, report, transfers, outputs, calls, failure: failureOf(result, report, outputs) };
}

function failureOf(
  { exitCode, signal, trap, hasTimedOut, stderr }: RunResult,
  report: Report | undefined,
  outputs: readonly OutputFile[],
): string | undefined {
  if (hasTimedOut) return `it did not end within ${TIMEOUT_MS / 1000} s`;
  if (signal !== undefined) return `${signal}${trap === undefined ? '' : `: ${trap.message}`}`;
  if (report !== undefined && report.check !== 'pass')
    return `its check is "${report.check}", its result ${report.result}`;
  if (exitCode !== 0) return `exit status ${exitCode}: ${printable(stderr.lines().at(-1) ?? 'it said nothing')}`;
  if (report === undefined) return 'its last line is no report';
  const missing = outputs.find(({ bytes }) => bytes <= 0);
  return missing === undefined ? undefined : `it wrote nothing to ${missing.path}`;
}

/** Reads `REPORT kernel=… size=… result=… check=… rate=… unit=… seconds=…`. */
function parseReport(line: string): Report | undefined {
  const [tag, ...words] = line.split(' ');
  const { size, result, check, rate, unit } = Object.fromEntries(words.map((word) => word.split('=', 2)));
  if (tag !== 'REPORT' || !size || !result || !check || !rate || !unit) return undefined;
  return { size, result, check, rate, unit };
}

function parseTransfers(output: string): Transfer[] {
  return [...output.matchAll(/^ *(\d+) B +([\d.]+) us /gm)].map(([, bytes, us]) => ({
    bytes: Number(bytes),
    us: Number(us),
  }));
}

/** By reading it back. @returns −1 when there is no such file */
async function sizeOf(machine: Machine, path: string): Promise<number> {
  try {
    return (await machine.fs.readFile(path)).length;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return -1;
    throw error;
  }
}

/** Without what a terminal would obey. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
