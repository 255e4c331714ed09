// The demonstration's tables as text.

import { bareCopyUs, table } from '../bench/index.ts';
import { appTitle } from './names.ts';
import { type AppResult, failuresOf, PLACEMENTS_SHOWN, type Transfer } from './run-app.ts';
import { outputDirectory } from './staging.ts';

const HEADINGS = ['kernel', 'size', 'result', 'check', 'rate', '', ...PLACEMENTS_SHOWN, 'local', 'shipped'];
const MESSAGE_HEADINGS = ['messages', 'bytes', 'µs', 'GB/s', 'bare copy: µs', 'GB/s'];

export function renderResults(results: readonly AppResult[]): string {
  return [
    ...table([HEADINGS, ...results.map(rowOf)]),
    '',
    'check: the kernel’s own, against a known answer, under all three placements. size, result, rate and calls: under cnk.',
    'cnk, fused, library: seconds of the whole process. Each kernel begins with another one, whose run also warms it up.',
    'local: calls that CNK served in the kernel’s own worker; shipped: calls that Linux served on the system core.',
  ].join('\n');
}

function rowOf(result: AppResult): string[] {
  const { app, runs } = result;
  const { report, calls } = runs.cnk;
  return [
    appTitle(app),
    report?.size ?? '-',
    report === undefined ? '-' : digits(report.result, 6),
    failuresOf(result).length === 0 ? 'pass' : 'FAIL',
    report === undefined ? '-' : digits(report.rate, 4),
    report?.unit ?? '',
    ...PLACEMENTS_SHOWN.map((placement) => runs[placement].seconds.toFixed(3)),
    String(calls.local),
    String(calls.shipped),
  ];
}

/**
 * What messages took under cnk, beside bare copies of as many bytes, which are measured now; nothing when there were none. Of one app the
 * shortest, one in the middle and the longest.
 */
export function renderMessages(results: readonly AppResult[]): string {
  const rows = results.flatMap(({ app, runs }) =>
    endsAndMiddle(runs.cnk.transfers).map((transfer) => transferRow(appTitle(app), transfer)),
  );
  if (rows.length === 0) return '';
  return [
    ...table([MESSAGE_HEADINGS, ...rows]),
    '',
    'mpi-pingpong: a message, half of its way there and back. mpi-heat: an exchange of edges among neighbours, all at once.',
    'bare copy: TypedArray.set from one shared memory to another, repeated in the same way.',
  ].join('\n');
}

function endsAndMiddle(transfers: readonly Transfer[]): Transfer[] {
  const places = new Set([0, transfers.length >> 1, transfers.length - 1]);
  return transfers.filter((_, index) => places.has(index));
}

function transferRow(title: string, { bytes, us }: Transfer): string[] {
  const copyUs = bareCopyUs(bytes);
  return [title, `${bytes}`, ...[us, copyUs].flatMap((each) => [each.toFixed(2), (bytes / each / 1000).toFixed(2)])];
}

/** The files that the kernels wrote; those of the last placement lie in build/demo/out. */
export function renderFiles(results: readonly AppResult[]): string {
  const outputs = results.flatMap(({ runs }) => runs.cnk.outputs).filter(({ bytes }) => bytes >= 0);
  if (outputs.length === 0) return 'No kernel wrote a file.';
  const rows = outputs.map(({ path, bytes }) => [path, `${bytes} bytes`]);
  return [`Files written; on the host in ${outputDirectory}`, ...table([['', ''], ...rows]).slice(1)].join('\n');
}

/** A number in at most so many digits. */
function digits(text: string, most: number): string {
  const value = Number(text);
  return Number.isFinite(value) ? String(Number(value.toPrecision(most))) : text;
}
