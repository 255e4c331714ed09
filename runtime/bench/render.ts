// The table of call costs as text.

import { BATCH } from './calls.ts';
import { COLUMNS, FLOORS } from './columns.ts';
import type { CallReport } from './measure.ts';
import type { Cell } from './series.ts';

const HEADINGS: readonly string[] = ['local', 'poll', 'adaptive', 'park', 'node:wasi', 'wasi_shim'];

/**
 * Padded columns: what each call costs, its tail, the floors.
 *
 * @param wanted rounds that were asked for
 */
export function renderReport({ calls, floors, directory, rounds }: CallReport, wanted: number): string {
  const rows = (format: (cell: Cell) => string): string[][] =>
    calls.map(({ title, localBy, cells }) => [
      title + (localBy === 'library' ? ' *' : ''),
      ...COLUMNS.map((column) => {
        const cell = cells[column];
        return cell === undefined ? '-' : format(cell);
      }),
    ]);
  const floorRows = FLOORS.flatMap((floor) => {
    const cell = floors[floor];
    return cell === undefined ? [] : [[floor, medianAndSpread(cell), tail(cell)]];
  });
  const cells = [...calls.flatMap((call) => Object.values(call.cells)), ...Object.values(floors)];
  const fewest = Math.min(...cells.map(({ batch }) => batch));
  return [
    'Nanoseconds a call: median, and half the distance from p10 to p90',
    ...table([['', ...HEADINGS], ...rows(medianAndSpread)]),
    '',
    `Tail: p90 / p99 over batches of ${BATCH} calls${fewest < BATCH ? `, of down to ${fewest} where they take long` : ''}`,
    ...table([['', ...HEADINGS], ...rows(tail)]),
    '',
    'Bare floors',
    ...table([['', 'median', 'p90 / p99'], ...floorRows]),
    '',
    'local: in the guest’s worker, by CNK, or (*) by a private Linux (placement library).',
    'poll, adaptive, park: shipped to Linux on the system core, by how both sides wait.',
    ...(rounds < wanted ? [`${rounds} of ${wanted} rounds: then the time for the whole table was over.`] : []),
    `node:wasi: in a worker, on ${directory}. wasi_shim: browser_wasi_shim in a worker, its own files in memory.`,
  ].join('\n');
}

/** Of too few samples for a spread: how many they are. */
function medianAndSpread({ p10, p50, p90, samples }: Cell): string {
  if (samples < 3) return `${nanoseconds(p50)} n=${samples}`;
  const percent = p50 > 0 ? (50 * (p90 - p10)) / p50 : 0;
  return `${nanoseconds(p50)} ±${percent.toFixed(0)}%`;
}

function tail({ p90, p99 }: Cell): string {
  return `${nanoseconds(p90)} / ${nanoseconds(p99)}`;
}

function nanoseconds(value: number): string {
  if (value < 10) return value.toFixed(1);
  return value < 1e4 ? value.toFixed(0) : `${(value / 1000).toFixed(1)}k`;
}

/** Columns padded to their widest cell; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
