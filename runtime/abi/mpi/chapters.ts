// The chapters of MPI, and what of each this library serves: rows.ts has a row for each function, described.ts what tools render.

import type { Row } from '../row.ts';
import { ATTRIBUTE_FUNCTIONS } from './chapters/attributes.ts';
import { COLLECTIVE_FUNCTIONS } from './chapters/collectives.ts';
import { COMMUNICATOR_FUNCTIONS } from './chapters/communicators.ts';
import { DATATYPE_FUNCTIONS } from './chapters/datatypes.ts';
import { ENVIRONMENT_FUNCTIONS } from './chapters/environment.ts';
import { FILE_FUNCTIONS } from './chapters/files.ts';
import { ONE_SIDED_FUNCTIONS } from './chapters/one-sided.ts';
import { POINT_TO_POINT_FUNCTIONS } from './chapters/point-to-point.ts';
import { PROCESS_FUNCTIONS } from './chapters/processes.ts';
import { REDUCTION_FUNCTIONS } from './chapters/reductions.ts';
import { TOOL_FUNCTIONS } from './chapters/tools.ts';
import { TOPOLOGY_FUNCTIONS } from './chapters/topologies.ts';
import { TORUS_FUNCTIONS } from './chapters/torus.ts';
import { families } from './families.ts';
import type { Chapter, NamesOf } from './function.ts';

interface Served<C extends Chapter> {
  /** What its functions have in common, as <mpi.h> says it. */
  readonly title: string;
  /** The number of its first row; a later one's is behind all of it. */
  readonly first: number;
  readonly functions: C;
  readonly support: Pick<Row, 'support' | 'note'>;
}

const FULL = { support: 'full' } as const;
export const LATER = {
  support: 'none',
  note: 'It is not served yet: it fails with MPI_ERR_UNSUPPORTED_OPERATION.',
} as const;

export const CHAPTERS = [
  chapter('Messages between two processes, requests', 768, POINT_TO_POINT_FUNCTIONS, FULL),
  chapter('Collective operations', 880, families(COLLECTIVE_FUNCTIONS), FULL),
  chapter('Operations of reductions', 1024, REDUCTION_FUNCTIONS, FULL),
  chapter('Datatypes, packed buffers', 1040, DATATYPE_FUNCTIONS, FULL),
  chapter('Communicators and groups', 1104, COMMUNICATOR_FUNCTIONS, FULL),
  chapter('Attributes, names, infos', 1144, ATTRIBUTE_FUNCTIONS, FULL),
  chapter('Topologies', 1176, TOPOLOGY_FUNCTIONS, FULL),
  chapter('Start and end, time, memory, errors', 1200, ENVIRONMENT_FUNCTIONS, FULL),
  chapter('Windows', 1240, ONE_SIDED_FUNCTIONS, LATER),
  chapter('Files', 1304, FILE_FUNCTIONS, LATER),
  chapter('Processes, sessions, messages in parts', 1408, PROCESS_FUNCTIONS, LATER),
  chapter('Tools', 1456, TOOL_FUNCTIONS, LATER),
] as const;

/** Of <mpix.h>. */
export const EXTENSIONS = chapter('Where ranks are', 1236, TORUS_FUNCTIONS, FULL);

function chapter<C extends Chapter>(
  title: string,
  first: number,
  functions: C,
  support: Pick<Row, 'support' | 'note'>,
): Served<C> {
  return { title, first, functions, support };
}

/** The name of each function that a row serves. */
export type MpiCallName = (typeof CHAPTERS)[number] | typeof EXTENSIONS extends infer S
  ? S extends Served<infer C>
    ? NamesOf<C>
    : never
  : never;
