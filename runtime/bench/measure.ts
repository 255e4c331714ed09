// Measures all in one run, in turns: each round gives every column its turn, so that drift of the host hits all alike.

import { MEASURED_CALLS, type MeasuredCall } from './calls.ts';
import { COLUMNS, type Column, FLOORS, type Floor, Hosts, isServedByCnk } from './columns.ts';
import { alternate, type Cell, Series, type Turns } from './series.ts';

export interface MeasureOptions extends Turns {
  readonly calls: readonly MeasuredCall[];
  readonly columns?: readonly Column[];
  readonly floors?: readonly Floor[];
}

export interface CallRow {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  /** Who serves it in the column `local`. */
  readonly localBy: 'cnk' | 'library';
  readonly cells: { readonly [column in Column]?: Cell };
}

export interface CallReport {
  /** How many were measured: fewer than was asked for when the time was over. */
  readonly rounds: number;
  readonly calls: readonly CallRow[];
  readonly floors: { readonly [floor in Floor]?: Cell };
  /** The directory that node:wasi worked in. */
  readonly directory: string;
}

export async function measureCalls(options: MeasureOptions): Promise<CallReport> {
  const hosts = await Hosts.open();
  try {
    const { calls, columns = COLUMNS, floors = FLOORS } = options;
    const empty = MEASURED_CALLS.find(({ id }) => id === 'yield');
    if (empty === undefined) throw new Error('the list of calls has no empty one');
    const floorSeries = await Promise.all(floors.map(async (floor) => new Series(await hosts.floor(floor, empty))));
    const callSeries = await Promise.all(
      calls.map((call) =>
        Promise.all(
          columns.map(async (column) =>
            hosts.serves(call, column) ? new Series(await hosts.sampler(call, column)) : undefined,
          ),
        ),
      ),
    );
    const measured = callSeries.flat().filter((series) => series !== undefined);
    const rounds = await alternate([...floorSeries, ...measured], options);
    return {
      rounds,
      directory: hosts.directory,
      floors: Object.fromEntries(floors.map((floor, i) => [floor, floorSeries[i]?.cell()])),
      calls: calls.map((call, row) => ({
        id: call.id,
        title: call.title,
        bytes: call.bytes,
        localBy: isServedByCnk(call) ? 'cnk' : 'library',
        cells: Object.fromEntries(
          columns.flatMap((column, i) => {
            const cell = callSeries[row]?.[i]?.cell();
            return cell === undefined ? [] : [[column, cell]];
          }),
        ),
      })),
    };
  } finally {
    await hosts.close();
  }
}
