// Names of values that parameters of MPI's functions take, by the name of their type, for traces and the manual.

import type { NamedType } from '../named-type.ts';
import * as datatypes from './constants/datatypes.ts';
import * as handles from './constants/handles.ts';
import * as operations from './constants/operations.ts';
import { MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_PROC_NULL, MPI_ROOT } from './constants/values.ts';

/** The kind of handle that a constant is, by how its name begins. */
export const HANDLE_PREFIXES = {
  MPI_COMM_: 'MPI_Comm',
  MPI_GROUP_: 'MPI_Group',
  MPI_WIN_: 'MPI_Win',
  MPI_FILE_: 'MPI_File',
  MPI_SESSION_: 'MPI_Session',
  MPI_MESSAGE_: 'MPI_Message',
  MPI_INFO_: 'MPI_Info',
  MPI_ERRHANDLER_: 'MPI_Errhandler',
  MPI_ERRORS_: 'MPI_Errhandler',
  MPI_REQUEST_: 'MPI_Request',
} as const;

export const MPI_NAMED_TYPES: ReadonlyMap<string, NamedType> = new Map<string, NamedType>([
  ['rank', { form: 'enum', values: { MPI_ANY_SOURCE, MPI_PROC_NULL, MPI_ROOT } }],
  ['tag', { form: 'enum', values: { MPI_ANY_TAG } }],
  ['MPI_Datatype', { form: 'enum', values: datatypes }],
  ['MPI_Op', { form: 'enum', values: operations }],
  ...[...new Set(Object.values(HANDLE_PREFIXES))].map((type) => [type, handlesOf(type)] as const),
]);

function handlesOf(type: string): NamedType {
  const prefixes = Object.entries(HANDLE_PREFIXES).filter(([, kind]) => kind === type);
  const values = Object.entries(handles).filter(([name]) => prefixes.some(([prefix]) => name.startsWith(prefix)));
  return { form: 'enum', values: Object.fromEntries(values) };
}
