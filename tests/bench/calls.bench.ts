// What calls cost against the bare floors and node:wasi: the first six rows of the targets, all from one run of
// `fusedos bench syscalls`'s own measurement.

import type { Cell, Column, Floor } from '../../runtime/bench/index.ts';
import { type Bench, type Figure, pairwise, ratioFigure } from './figure.ts';

const CALLS = ['yield', 'clock', 'linux-pid', 'linux-clock', 'read-4k', 'write-64k', 'grow-64k'];
const COLUMNS: readonly Column[] = ['local', 'poll', 'park', 'node:wasi'];
const FLOORS: readonly Floor[] = [
  'empty import',
  'performance.now()',
  'ping-pong, spinning',
  'ping-pong, parked',
  'copy 64 KiB',
];

export const callsBench: Bench = {
  name: 'calls',
  async run({ bench, quick, progress }): Promise<Figure[]> {
    const report = await bench.measureCalls({
      calls: bench.MEASURED_CALLS.filter(({ id }) => CALLS.includes(id)),
      columns: COLUMNS,
      floors: FLOORS,
      rounds: quick ? 5 : 25,
      turnMs: quick ? 4 : 10,
      onProgress: (done, all) => progress(`${Math.floor((100 * done) / all)} %`),
    });
    const rounds = (cell: Cell | undefined): readonly number[] => {
      if (cell === undefined) throw new Error('the benchmark left out a column');
      return cell.rounds;
    };
    const call = (id: string, column: Column) => rounds(report.calls.find((row) => row.id === id)?.cells[column]);
    const floor = (name: Floor) => rounds(report.floors[name]);
    const { directory } = report;
    return [
      ratioFigure(
        { what: 'local scalar call / an empty import', most: 3 },
        pairwise(call('yield', 'local'), floor('empty import')),
      ),
      ratioFigure(
        { what: 'local clock / `performance.now()` alone', most: 1.3 },
        pairwise(call('clock', 'local'), floor('performance.now()')),
      ),
      ratioFigure(
        { what: 'a Linux program’s local `getpid` / a WASI program’s `sched_yield`', most: 1.1 },
        pairwise(call('linux-pid', 'local'), call('yield', 'local')),
      ),
      ratioFigure(
        { what: 'a Linux program’s local `clock_gettime` / a WASI program’s', most: 1.1 },
        pairwise(call('linux-clock', 'local'), call('clock', 'local')),
      ),
      ratioFigure(
        { what: 'shipped empty call, polling / bare two-worker ping-pong', most: 2 },
        pairwise(call('yield', 'poll'), floor('ping-pong, spinning')),
      ),
      ratioFigure(
        { what: 'shipped empty call, polling / node:wasi’s local `sched_yield`', most: 1, isStrict: true },
        pairwise(call('yield', 'poll'), call('yield', 'node:wasi')),
      ),
      ratioFigure(
        {
          what: 'shipped 4 KiB `fd_read`, polling / node:wasi’s own on tmpfs',
          most: 1,
          isStrict: true,
          ...(directory.startsWith('/dev/shm/') ? {} : { detail: 'node:wasi not on tmpfs: /dev/shm is missing' }),
        },
        pairwise(call('read-4k', 'poll'), call('read-4k', 'node:wasi')),
      ),
      ratioFigure(
        { what: 'same-size copy between memories / shipped 64 KiB `fd_write` over an existing file', least: 0.25 },
        pairwise(floor('copy 64 KiB'), call('write-64k', 'poll')),
      ),
      ratioFigure(
        { what: 'same-size copy between memories / shipped 64 KiB `fd_write` growing a new file', least: 0.1 },
        pairwise(floor('copy 64 KiB'), call('grow-64k', 'poll')),
      ),
      ratioFigure(
        { what: 'shipped empty call, parked / bare parked ping-pong', most: 1.5 },
        pairwise(call('yield', 'park'), floor('ping-pong, parked')),
      ),
    ];
  },
};
