// File calls as a guest ships them, against node:wasi's own on tmpfs: all in turns, in one run of `fusedos bench syscalls`'s
// measurement, both sides polling.

import type { Cell, Column } from '../../runtime/bench/index.ts';
import { summarize } from '../../runtime/bench/statistics.ts';
import { type Bench, type Figure, pairwise, ratioFigure } from './figure.ts';

const CALLS: Readonly<Record<string, string>> = {
  open: '`path_open` with `fd_close`',
  stat: '`path_filestat_get`',
  'read-8': '`fd_read` 8 B',
  'write-8': '`fd_write` 8 B',
  'read-4k': '`fd_read` 4 KiB',
  'write-4k': '`fd_write` 4 KiB',
  'read-64k': '`fd_read` 64 KiB',
  'write-64k': '`fd_write` 64 KiB',
  readdir: '`fd_readdir` of 1,000 entries',
};
const COLUMNS: readonly Column[] = ['poll', 'node:wasi'];

export const filesBench: Bench = {
  name: 'files',
  async run({ bench, quick, progress }): Promise<Figure[]> {
    const { calls, floors, directory } = await bench.measureCalls({
      calls: bench.MEASURED_CALLS.filter(({ id }) => id in CALLS),
      columns: COLUMNS,
      floors: ['ping-pong, spinning'],
      rounds: quick ? 5 : 25,
      turnMs: quick ? 4 : 10,
      onProgress: (done, all) => progress(`${Math.floor((100 * done) / all)} %`),
    });
    const pingPong = nanoseconds(required(floors['ping-pong, spinning']));
    const isOnTmpfs = directory.startsWith('/dev/shm/');
    return calls.map(({ id, cells }) => {
      const ours = required(cells.poll);
      const theirs = required(cells['node:wasi']);
      const times = `${nanoseconds(ours)} ns against ${nanoseconds(theirs)}; ping-pong ${pingPong}`;
      return ratioFigure(
        {
          what: `shipped ${CALLS[id]} / node:wasi’s own on tmpfs`,
          most: 1,
          isStrict: true,
          detail: isOnTmpfs ? times : `${times}; node:wasi not on tmpfs: /dev/shm is missing`,
        },
        pairwise(ours.rounds, theirs.rounds),
      );
    });
  },
};

function nanoseconds({ rounds }: Cell): string {
  return summarize(rounds).p50.toFixed(0);
}

function required(cell: Cell | undefined): Cell {
  if (cell === undefined) throw new Error('the benchmark left out a column');
  return cell;
}
