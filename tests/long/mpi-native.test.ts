// The cases of tests/guests/mpi by MPICH, natively: what they expect is what MPI says, not what ours does. Where MPICH's version 4.0 differs,
// DIFFERENCES says why.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../support/built.ts';
import { type Outcome, outcomeOf, PORTABLE_MPI_PROGRAMS } from '../support/mpi-cases.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** More would outnumber the processors by far, for which MPICH's waits are not made. */
const RANKS = [1, 2, 3];
/** With as many as no case wants more of. */
const LEAST_CASES = 1700;
const RUN_MS = 120_000;

interface Difference {
  readonly program: string;
  /** Beginning of the names of its cases, or of parts of them. */
  readonly cases: string;
  /** With so many ranks only. */
  readonly most?: number;
  readonly least?: number;
  /** MPICH does not come back, or not soon. Never a part. */
  readonly isLeftOut?: true;
  readonly why: string;
}

const NOT_CHECKED = 'MPICH does not look at this';

const DIFFERENCES: readonly Difference[] = [
  { program: 'across', cases: 'neighbours_exchange_in_each_way', most: 2, why: 'as neighbours_in_a_grid' },
  { program: 'attributes', cases: 'info_values_are_cut', why: 'MPICH gives an error, the standard a shorter value' },
  {
    program: 'attributes',
    cases: 'generalised_request_freed_before_it_is_completed',
    why: 'MPICH frees it at once, the standard when it is completed, too',
  },
  { program: 'datatypes', cases: 'pack_beyond_the_buffer_fails', why: NOT_CHECKED },
  {
    program: 'datatypes',
    cases: 'elements_are_counted',
    why: 'MPI_Status_set_elements counts predefined elements; MPICH takes them for elements of the type',
  },
  {
    program: 'endings',
    cases: 'disconnect_completes_what_was_begun',
    least: 2,
    why: 'MPICH does not wait there for what was begun',
  },
  { program: 'endings', cases: 'disconnect_completes_what_was_begun', most: 1, isLeftOut: true, why: 'likewise' },
  {
    program: 'endings',
    cases: 'many_come_and_go',
    least: 3,
    isLeftOut: true,
    why: 'half a minute where ranks outnumber processors',
  },
  { program: 'environment', cases: 'error_texts_of_predefined_classes_stay', why: NOT_CHECKED },
  {
    program: 'environment',
    cases: 'error_handlers_hear_of_requests',
    why: 'MPICH gives the error to the handler of MPI_COMM_WORLD',
  },
  { program: 'errors', cases: 'bad_type_blocks_below_zero', why: 'MPI_ERR_COUNT instead of MPI_ERR_ARG' },
  { program: 'errors', cases: 'bad_group_ranks_that_are_there_twice', why: NOT_CHECKED },
  { program: 'errors', cases: 'bad_group_counts', most: 2, why: NOT_CHECKED },
  { program: 'errors', cases: 'bad_topology_dimensions', why: NOT_CHECKED },
  { program: 'errors', cases: 'bad_topology_graphs', why: NOT_CHECKED },
  { program: 'errors', cases: 'bad_info_null', why: 'MPI_ERR_ARG instead of MPI_ERR_INFO' },
  { program: 'errors', cases: 'bad_error_codes_and_handlers', why: NOT_CHECKED },
  { program: 'errors', cases: 'bad_splits', why: NOT_CHECKED },
  {
    program: 'large-counts',
    cases: 'large_scatter',
    least: 3,
    isLeftOut: true,
    why: 'a persistent scatter that is started again does not end',
  },
  {
    program: 'point-to-point',
    cases: 'all_may_',
    most: 1,
    isLeftOut: true,
    why: 'who sends itself more than MPICH keeps before it receives waits for ever, as it may',
  },
  { program: 'point-to-point', cases: 'proc_null_gives_an_empty_message_later', why: 'the status is not filled' },
  { program: 'point-to-point', cases: 'proc_null_persistently', why: 'likewise' },
  {
    program: 'topologies',
    cases: 'neighbours_in_a_grid_',
    why: 'two neighbours that are one rank: MPI 4.0, section 8.6, by direction (erratum mpi-forum/mpi-issues#153); MPICH by order',
  },
  {
    program: 'topologies',
    cases: 'neighbours_of_own_edges_',
    why: 'an edge that is there twice: by order; MPICH reverses them (pmodels/mpich#7945)',
  },
];

const missing = ['mpicc.mpich', 'mpiexec.mpich'].find((name) => spawnSync(name, ['--version']).status !== 0);
let folder: string;

describe.skipIf(missing !== undefined)(
  `MPICH agrees with the cases of MPI${missing === undefined ? '' : ` (skipped, because there is no ${missing})`}`,
  () => {
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'mpi-native-'));
      for (const program of PORTABLE_MPI_PROGRAMS) {
        const source = join(root, `tests/guests/mpi/${program}.c`);
        const built = spawnSync(
          'mpicc.mpich',
          ['-O1', '-w', '-D_GNU_SOURCE', source, '-o', join(folder, program), '-lm'],
          { encoding: 'utf8' },
        );
        expect(built, program).toMatchObject({ status: 0 });
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(RANKS)('over %i ranks', (n) => {
      const unexpected: string[] = [];
      let count = 0;
      for (const program of PORTABLE_MPI_PROGRAMS) {
        const known = DIFFERENCES.filter(
          ({ program: of, least = 1, most = n }) => of === program && n >= least && n <= most,
        );
        const { right, failures } = runNatively(program, n, known);
        count += right.length;
        for (const failure of failures) {
          if (!known.some(({ cases }) => failure.startsWith(cases))) unexpected.push(`${program}: ${failure}`);
        }
      }
      expect(unexpected).toEqual([]);
      if (n === Math.max(...RANKS)) expect(count).toBeGreaterThanOrEqual(LEAST_CASES);
    });
  },
);

function runNatively(program: string, n: number, known: readonly Difference[]): Outcome {
  const leftOut = known.filter(({ isLeftOut }) => isLeftOut === true).flatMap(({ cases }) => ['-x', cases]);
  const { status, stdout, stderr } = spawnSync(
    'mpiexec.mpich',
    ['-n', String(n), join(folder, program), ...leftOut],
    // One of MPICH's own ways to reduce by shared memory crashes in place.
    { encoding: 'utf8', timeout: RUN_MS, env: { ...process.env, MPIR_CVAR_DEVICE_COLLECTIVES: 'none' } },
  );
  // At its end rank 0 names all cases. A rank's status says only whether some have failed.
  const hasEnded = /^(ok|skipped|FAILED) \w+$/m.test(stdout);
  return outcomeOf({ exitCode: hasEnded ? 0 : status || 1, stdout, stderr, messages: [] });
}
