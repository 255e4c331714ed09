// The demonstration's tables as text.

import { table } from '../bench/index.ts';
import { appTitle, languageTitle } from './names.ts';
import { type AppResult, failuresOf, PLACEMENTS_SHOWN } from './run-app.ts';
import { outputDirectory } from './staging.ts';

const HEADINGS = ['kernel', 'language', 'size', 'result', 'check', 'rate', '', ...PLACEMENTS_SHOWN, 'local', 'shipped'];

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
    languageTitle(app),
    report?.size ?? '-',
    report === undefined ? '-' : digits(report.result, 8),
    failuresOf(result).length === 0 ? 'pass' : 'FAIL',
    report === undefined ? '-' : digits(report.rate, 4),
    report?.unit ?? '',
    ...PLACEMENTS_SHOWN.map((placement) => runs[placement].seconds.toFixed(3)),
    String(calls.local),
    String(calls.shipped),
  ];
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
