// The predefined datatypes of the ABI as C of the sysroot has them: `long` has 8 bytes, pointers 4, `long double` 16. Fortran's are those of
// a compiler whose default INTEGER, REAL and LOGICAL have 4.

import * as handles from '../../../../runtime/abi/mpi/constants/datatypes.ts';
import { Datatype, NAMED } from './datatype.ts';
import { basicShape } from './shape.ts';

/** Bytes of types whose alignment is their size. */
const PLAIN = {
  MPI_AINT: 4,
  MPI_COUNT: 8,
  MPI_OFFSET: 8,
  MPI_PACKED: 1,
  MPI_SHORT: 2,
  MPI_INT: 4,
  MPI_LONG: 8,
  MPI_LONG_LONG: 8,
  MPI_UNSIGNED_SHORT: 2,
  MPI_UNSIGNED: 4,
  MPI_UNSIGNED_LONG: 8,
  MPI_UNSIGNED_LONG_LONG: 8,
  MPI_FLOAT: 4,
  MPI_DOUBLE: 8,
  MPI_LOGICAL: 4,
  MPI_INTEGER: 4,
  MPI_REAL: 4,
  MPI_DOUBLE_PRECISION: 8,
  MPI_CHARACTER: 1,
  MPI_LONG_DOUBLE: 16,
  MPI_C_BOOL: 1,
  MPI_CXX_BOOL: 1,
  MPI_WCHAR: 4,
  MPI_INT8_T: 1,
  MPI_UINT8_T: 1,
  MPI_CHAR: 1,
  MPI_SIGNED_CHAR: 1,
  MPI_UNSIGNED_CHAR: 1,
  MPI_BYTE: 1,
  MPI_INT16_T: 2,
  MPI_UINT16_T: 2,
  MPI_INT32_T: 4,
  MPI_UINT32_T: 4,
  MPI_INT64_T: 8,
  MPI_UINT64_T: 8,
  MPI_LOGICAL1: 1,
  MPI_INTEGER1: 1,
  MPI_LOGICAL2: 2,
  MPI_INTEGER2: 2,
  MPI_REAL2: 2,
  MPI_LOGICAL4: 4,
  MPI_INTEGER4: 4,
  MPI_REAL4: 4,
  MPI_LOGICAL8: 8,
  MPI_INTEGER8: 8,
  MPI_REAL8: 8,
  MPI_LOGICAL16: 16,
  MPI_INTEGER16: 16,
  MPI_REAL16: 16,
} as const;

/** Two of the same, aligned as one: complex numbers, which are one element. Bytes of both. */
const COMPLEX = {
  MPI_C_FLOAT_COMPLEX: 8,
  MPI_CXX_FLOAT_COMPLEX: 8,
  MPI_C_DOUBLE_COMPLEX: 16,
  MPI_CXX_DOUBLE_COMPLEX: 16,
  MPI_C_LONG_DOUBLE_COMPLEX: 32,
  MPI_CXX_LONG_DOUBLE_COMPLEX: 32,
  MPI_COMPLEX: 8,
  MPI_DOUBLE_COMPLEX: 16,
  MPI_COMPLEX4: 4,
  MPI_COMPLEX8: 8,
  MPI_COMPLEX16: 16,
  MPI_COMPLEX32: 32,
} as const;

/** A value and an index, as a C struct has them: bytes of both. */
const PAIRS = {
  MPI_FLOAT_INT: [4, 4],
  MPI_DOUBLE_INT: [8, 4],
  MPI_LONG_INT: [8, 4],
  MPI_2INT: [4, 4],
  MPI_SHORT_INT: [2, 4],
  MPI_LONG_DOUBLE_INT: [16, 4],
  MPI_2REAL: [4, 4],
  MPI_2DOUBLE_PRECISION: [8, 8],
  MPI_2INTEGER: [4, 4],
} as const;

type PredefinedName = keyof typeof PLAIN | keyof typeof COMPLEX | keyof typeof PAIRS;
const HANDLES: { readonly [name in PredefinedName]: number } = handles;

/** New objects by handle, since a program may name them. */
export function predefinedTypes(): Map<number, Datatype> {
  const types = new Map<number, Datatype>();
  const add = (name: PredefinedName, elementBytes: readonly number[], alignment: number): void => {
    const handle = HANDLES[name];
    const bytes = elementBytes.reduce((sum, size) => sum + size, 0);
    types.set(handle, new Datatype(basicShape({ handle, bytes, elementBytes }, alignment), NAMED, name));
  };
  for (const [name, bytes] of entriesOf(PLAIN)) add(name, [bytes], bytes);
  for (const [name, bytes] of entriesOf(COMPLEX)) add(name, [bytes], bytes / 2);
  for (const [name, parts] of entriesOf(PAIRS)) add(name, parts, Math.max(...parts));
  return types;
}

function entriesOf<K extends string, V>(table: { readonly [name in K]: V }): [K, V][] {
  return Object.entries(table) as [K, V][];
}
