// The rows of MPI, module `mpi`: a function of <mpi.h> each, which libmpi imports for the program, all but those that need no host. Read
// through table.ts. See: MPI: A Message-Passing Interface Standard, version 4.0 and, for the ABI, 5.0.

import { Errno } from '../errno.ts';
import type { Abi, Row } from '../row.ts';
import { CHAPTERS, EXTENSIONS, LATER } from './chapters.ts';
import { MPI_ERR_OTHER, MPI_ERR_UNSUPPORTED_OPERATION } from './constants/errors.ts';
import { functionsOf, MPI_MODULE, rowsOf } from './function.ts';

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
    rowsOf(first, functionsOf(functions), (name) => (NOT_SERVED.has(name) ? LATER : support)),
  ),
];

/** An error that is no class of MPI's own comes of what nothing serves. */
export const MPI: Abi = {
  rows: MPI_ROWS,
  encodeError: (errno) => (errno === Errno.ENOSYS ? MPI_ERR_UNSUPPORTED_OPERATION : MPI_ERR_OTHER),
};
