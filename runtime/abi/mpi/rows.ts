// The rows of MPI, module `mpi`: a function of <mpi.h> each, which libmpi imports for the program, all but those that need no host. Read
// through table.ts. See: MPI: A Message-Passing Interface Standard, version 4.0 and, for the ABI, 5.0.

import { Errno } from '../errno.ts';
import type { Abi, Row } from '../row.ts';
import { ATTRIBUTE_FUNCTIONS } from './chapters/attributes.ts';
import { COLLECTIVE_FUNCTIONS } from './chapters/collectives.ts';
import { COMMUNICATOR_FUNCTIONS } from './chapters/communicators.ts';
import { DATATYPE_FUNCTIONS } from './chapters/datatypes.ts';
import { ENVIRONMENT_FUNCTIONS } from './chapters/environment.ts';
import { FILE_FUNCTIONS } from './chapters/files.ts';
import { GUEST_FUNCTIONS } from './chapters/guest.ts';
import { ONE_SIDED_FUNCTIONS } from './chapters/one-sided.ts';
import { POINT_TO_POINT_FUNCTIONS } from './chapters/point-to-point.ts';
import { PROCESS_FUNCTIONS } from './chapters/processes.ts';
import { REDUCTION_FUNCTIONS } from './chapters/reductions.ts';
import { TOOL_FUNCTIONS } from './chapters/tools.ts';
import { TOPOLOGY_FUNCTIONS } from './chapters/topologies.ts';
import { TORUS_FUNCTIONS } from './chapters/torus.ts';
import { MPI_ERR_OTHER, MPI_ERR_UNSUPPORTED_OPERATION } from './constants/errors.ts';
import { families } from './families.ts';
import { type Chapter, functionsOf, MPI_MODULE, type MpiFunction, type NamesOf, rowsOf } from './function.ts';

interface Served<C extends Chapter> {
  /** What its functions have in common, as <mpi.h> says it. */
  readonly title: string;
  /** The number of its first row; a later one's is behind all of it. */
  readonly first: number;
  readonly functions: C;
  readonly support: Pick<Row, 'support' | 'note'>;
}

const FULL = { support: 'full' } as const;
const LATER = { support: 'none', note: 'It is not served yet: it fails with MPI_ERR_UNSUPPORTED_OPERATION.' } as const;

const CHAPTERS = [
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
const EXTENSIONS = chapter('Where ranks are', 1236, TORUS_FUNCTIONS, FULL);

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

/** A group of functions that a row each serves. */
export interface MpiChapter {
  readonly title: string;
  readonly functions: readonly MpiFunction[];
}

export const MPI_CHAPTERS: readonly MpiChapter[] = CHAPTERS.map(({ title, functions }) => ({
  title,
  functions: functionsOf(functions),
}));

/** What <mpix.h> has beside the standard. */
export const MPI_EXTENSIONS: readonly MpiFunction[] = functionsOf(TORUS_FUNCTIONS);

/** What libmpi serves itself. */
export const MPI_GUEST_FUNCTIONS: readonly MpiFunction[] = functionsOf(GUEST_FUNCTIONS);

const ATTACH: Row = {
  module: MPI_MODULE,
  name: 'fusedos_attach',
  number: 767,
  home: 'messaging',
  summary: 'Tells the functions of libmpi that MPI calls: reductions, memory. See SERVICES in runtime/abi/mpi/structs.',
  params: [{ name: 'services', kind: 'ptr', to: 'handle', direction: 'in' }],
  result: 'value',
  errors: {},
  blocks: false,
  support: 'full',
};

/** Of chapters that are served, what versions 4.1 and 5.0 have added, what sessions or Fortran alone would use, external32. */
const NOT_SERVED: ReadonlySet<string> = new Set(
  [
    ...['Buffer_iflush', 'Comm_attach_buffer', 'Comm_detach_buffer', 'Comm_flush_buffer', 'Comm_iflush_buffer'],
    ...['Type_create_f90_integer', 'Type_create_f90_real', 'Type_create_f90_complex'],
    ...['Pack_external', 'Unpack_external', 'Pack_external_size'],
    ...['Comm_create_from_group', 'Intercomm_create_from_groups', 'Get_hw_resource_info'],
    ...['Abi_get_info', 'Abi_get_fortran_info', 'Abi_set_fortran_info'],
    ...['Abi_get_fortran_booleans', 'Abi_set_fortran_booleans'],
    ...['Remove_error_class', 'Remove_error_code', 'Remove_error_string'],
  ].flatMap((name) => [`MPI_${name}`, `MPI_${name}_c`]),
);

export const MPI_ROWS: readonly Row[] = [
  ATTACH,
  ...[...CHAPTERS, EXTENSIONS].flatMap(({ first, functions, support }) =>
    rowsOf(first, functionsOf(functions), support),
  ),
].map((row) => (NOT_SERVED.has(row.name) ? { ...row, ...LATER } : row));

/** An error that is no class of MPI's own comes of what nothing serves. */
export const MPI: Abi = {
  rows: MPI_ROWS,
  encodeError: (errno) => (errno === Errno.ENOSYS ? MPI_ERR_UNSUPPORTED_OPERATION : MPI_ERR_OTHER),
};
