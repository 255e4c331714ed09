// MPI's rows and constants, against what the standard says of them.

import { expect, test } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { MpiCallName } from '../../../runtime/abi/mpi/chapters.ts';
import * as datatypes from '../../../runtime/abi/mpi/constants/datatypes.ts';
import {
  MPI_BYTE,
  MPI_COMPLEX32,
  MPI_INT8_T,
  MPI_INT32_T,
  MPI_REAL8,
  MPI_UINT16_T,
} from '../../../runtime/abi/mpi/constants/datatypes.ts';
import * as errors from '../../../runtime/abi/mpi/constants/errors.ts';
import * as handles from '../../../runtime/abi/mpi/constants/handles.ts';
import * as operations from '../../../runtime/abi/mpi/constants/operations.ts';
import { functionsOf } from '../../../runtime/abi/mpi/function.ts';
import { MPI, MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';
import { type Row, variant } from '../../../runtime/abi/row.ts';
import { findRow, signatureOf } from '../../../runtime/abi/table.ts';

function typeOf(name: MpiCallName): string {
  const row = findRow('mpi', name);
  if (row === undefined) return 'none';
  const { params, results } = signatureOf(row);
  return `${params.join(' ')} -> ${results.join(' ')}`;
}

test('a function has the type that its C binding has here, where a pointer has 32 bits', () => {
  expect(typeOf('MPI_Send')).toBe('i32 i32 i32 i32 i32 i32 -> i32');
  expect(typeOf('MPI_Send_c')).toBe('i32 i64 i32 i32 i32 i32 -> i32');
  expect(typeOf('MPI_Type_create_resized')).toBe('i32 i32 i32 i32 -> i32');
  expect(typeOf('MPI_Type_create_resized_c')).toBe('i32 i64 i64 i32 -> i32');
  expect(typeOf('MPI_Ibarrier')).toBe('i32 i32 -> i32');
  expect(typeOf('MPI_File_seek')).toBe('i32 i64 i32 -> i32');
  expect(typeOf('MPI_Wtime')).toBe(' -> f64');
});

test('what waits for other processes says so, what only starts does not', () => {
  const waits = (name: MpiCallName) => findRow('mpi', name)?.blocks;
  expect([waits('MPI_Recv'), waits('MPI_Allreduce'), waits('MPI_Win_fence')]).toEqual([true, true, true]);
  expect([waits('MPI_Irecv'), waits('MPI_Iallreduce'), waits('MPI_Comm_rank')]).toEqual([false, false, false]);
});

test('no two predefined objects have one handle, and none has the handle 0', () => {
  const all = [handles, operations, datatypes].flatMap((kind) => Object.values(kind));
  expect(new Set(all).size).toBe(all.length);
  expect(all).not.toContain(0);
});

test('error classes are numbers without gaps', () => {
  const { MPI_ERR_LASTCODE: last, ...classes } = errors;
  expect(Object.values(classes)).toEqual(Object.values(classes).map((_, index) => index));
  expect(last).toBeGreaterThan(Object.values(classes).length);
});

test('datatypes of fixed size have its logarithm in their handles', () => {
  const sizeOf = (handle: number) => 2 ** ((handle >> 3) & 7);
  expect([MPI_INT8_T, MPI_BYTE, MPI_UINT16_T, MPI_INT32_T, MPI_REAL8, MPI_COMPLEX32].map(sizeOf)).toEqual([
    1, 1, 2, 4, 8, 32,
  ]);
});

test('what nothing serves is an operation that is not supported', () => {
  expect(MPI.encodeError(Errno.ENOSYS)).toBe(errors.MPI_ERR_UNSUPPORTED_OPERATION);
  expect(MPI.encodeError(Errno.EINTR)).toBe(errors.MPI_ERR_OTHER);
});

test('a row that is not served says what becomes of it', () => {
  for (const { support, note } of MPI_ROWS) expect(note === undefined).toBe(support === 'full');
});

test('a parameter whose name says nothing is refused', () => {
  const [odd] = functionsOf({ MPI_Odd: ['sunshine', 'Does nothing.'] });
  expect(() => odd?.parameters).toThrow('no parameter is usually called sunshine');
});

test('a row that differs in something leaves its parameters for later', () => {
  let asked = 0;
  const row = { ...(MPI_ROWS[0] as Row) };
  Object.defineProperty(row, 'params', { enumerable: true, get: () => [asked++] });
  const other = variant(row, { module: 'other' });
  expect([asked, other.module, other.number]).toEqual([0, 'other', row.number]);
  expect(other.params).toEqual([0]);
});
