// Handles and constants of MPIWasm's ABI as those of ours, and back. Handles of what a program makes are the same in both: from 0x1000 on.
// Source: as runtime/abi/mpi/foreign.

import * as ours from '../../../runtime/abi/mpi/constants.ts';

const COMMUNICATORS = [ours.MPI_COMM_WORLD, ours.MPI_COMM_SELF, ours.MPI_COMM_NULL];

const DATATYPES = [
  ...[ours.MPI_INT8_T, ours.MPI_INT16_T, ours.MPI_INT32_T, ours.MPI_INT, ours.MPI_INT64_T],
  ...[ours.MPI_UINT8_T, ours.MPI_UINT16_T, ours.MPI_UINT32_T, ours.MPI_UNSIGNED, ours.MPI_UINT64_T],
  // Its programs' `long` has 32 bits.
  ...[ours.MPI_INT32_T, ours.MPI_LONG_LONG, ours.MPI_LONG_LONG, ours.MPI_FLOAT, ours.MPI_DOUBLE],
  ...[ours.MPI_DOUBLE_INT, ours.MPI_CHAR, ours.MPI_C_BOOL, ours.MPI_BYTE],
];

const OPERATIONS = [
  ...[ours.MPI_MAX, ours.MPI_MIN, ours.MPI_SUM, ours.MPI_PROD, ours.MPI_LAND, ours.MPI_LOR],
  ...[ours.MPI_BAND, ours.MPI_BOR, ours.MPI_MAXLOC, ours.MPI_MINLOC, ours.MPI_OP_NULL],
];

const THREAD_LEVELS = [
  ours.MPI_THREAD_SINGLE,
  ours.MPI_THREAD_FUNNELED,
  ours.MPI_THREAD_SERIALIZED,
  ours.MPI_THREAD_MULTIPLE,
];

const COMPARISONS = [ours.MPI_IDENT, ours.MPI_CONGRUENT, ours.MPI_SIMILAR, ours.MPI_UNEQUAL];

/** Tags below zero are one: any. */
const ANY_TAG = -1;

/** A number of the foreign ABI as ours; what is none stays as it is. */
type Translate = (value: number) => number;

const of =
  (list: readonly number[]): Translate =>
  (value) =>
    list[value] ?? value;

/** By the type of a row's parameter. */
export const TRANSLATIONS: { readonly [type: string]: Translate | undefined } = {
  MPI_Comm: of(COMMUNICATORS),
  MPI_Datatype: of(DATATYPES),
  MPI_Op: of(OPERATIONS),
  MPI_Info: () => ours.MPI_INFO_NULL,
  tag: (tag) => (tag === ANY_TAG ? ours.MPI_ANY_TAG : tag),
};

/** What a function has stored, as the foreign ABI has it, by the name of its parameter. */
export const RESULTS: { readonly [name: string]: Translate | undefined } = {
  newcomm: back(COMMUNICATORS),
  comm: back(COMMUNICATORS),
  result: back(COMPARISONS),
  provided: back(THREAD_LEVELS),
};

/** Of single functions: a parameter that has no type of its own. */
export const OWN_TRANSLATIONS: { readonly [call: string]: { readonly [name: string]: Translate } | undefined } = {
  MPI_Init_thread: { required: of(THREAD_LEVELS) },
  MPI_Comm_split_type: { split_type: () => ours.MPI_COMM_TYPE_SHARED },
};

function back(list: readonly number[]): Translate {
  return (value) => {
    const index = list.indexOf(value);
    return index < 0 ? value : index;
  };
}
