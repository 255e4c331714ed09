// The entries that pack into buffers of a program, and those that count what a message brought. What is packed is the bytes of the elements, one
// behind the other: so what was packed may be sent as MPI_PACKED and received as what it is, and the other way round.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import { checkBuffer, checkCount, checkPlace, LARGE, SMALL, type Width } from '../arguments.ts';
import { MpiError } from '../errors.ts';
import { setStatusBytes, statusBytes } from '../status.ts';
import type { DatatypeContext } from './context.ts';

function packEntry(width: Width) {
  return (
    { parts: { memory }, datatypes, communicators }: DatatypeContext,
    inbuf: number,
    incount: number,
    datatype: number,
    outbuf: number,
    outsize: number,
    position: number,
    comm: number,
  ): number => {
    communicators.get(comm);
    checkCount(incount);
    const type = datatypes.committed(datatype);
    checkPlace(memory, position, width.bytes, 'the position');
    const at = width.readOne(memory, position);
    const bytes = incount * type.size;
    checkRoom(memory, outbuf, outsize, at, bytes);
    checkBuffer(memory, inbuf, incount, type);
    type.pack(memory.bytes, inbuf, incount, memory.bytes, (outbuf >>> 0) + at);
    width.write(memory, position, at + bytes);
    return mpi.MPI_SUCCESS;
  };
}

function unpackEntry(width: Width) {
  return (
    { parts: { memory }, datatypes, communicators }: DatatypeContext,
    inbuf: number,
    insize: number,
    position: number,
    outbuf: number,
    outcount: number,
    datatype: number,
    comm: number,
  ): number => {
    communicators.get(comm);
    checkCount(outcount);
    const type = datatypes.committed(datatype);
    checkPlace(memory, position, width.bytes, 'the position');
    const at = width.readOne(memory, position);
    const bytes = outcount * type.size;
    checkRoom(memory, inbuf, insize, at, bytes);
    checkBuffer(memory, outbuf, outcount, type);
    type.unpack(memory.bytes, (inbuf >>> 0) + at, memory.bytes, outbuf, outcount);
    width.write(memory, position, at + bytes);
    return mpi.MPI_SUCCESS;
  };
}

/** Of the buffer of packed bytes. */
function checkRoom(memory: GuestMemory, buffer: number, size: number, position: number, bytes: number): void {
  if (size < 0) throw new MpiError(mpi.MPI_ERR_ARG, `a buffer of ${size} bytes`);
  if (position < 0 || position > size) throw new MpiError(mpi.MPI_ERR_ARG, `position ${position} in ${size} bytes`);
  if (bytes > size - position)
    throw new MpiError(mpi.MPI_ERR_TRUNCATE, `${bytes} bytes from position ${position} on do not fit into ${size}`);
  if (bytes > 0 && !memory.contains((buffer >>> 0) + position, bytes))
    throw new MpiError(mpi.MPI_ERR_BUFFER, 'the packed bytes are not in memory');
}

function packSizeEntry(width: Width) {
  return (
    { parts: { memory }, datatypes, communicators }: DatatypeContext,
    incount: number,
    datatype: number,
    comm: number,
    size: number,
  ): number => {
    communicators.get(comm);
    checkCount(incount);
    const type = datatypes.get(datatype);
    checkPlace(memory, size, width.bytes, 'the size');
    width.write(memory, size, incount * type.size);
    return mpi.MPI_SUCCESS;
  };
}

export const MPI_Pack = packEntry(SMALL);
export const MPI_Pack_c = packEntry(LARGE);
export const MPI_Unpack = unpackEntry(SMALL);
export const MPI_Unpack_c = unpackEntry(LARGE);
export const MPI_Pack_size = packSizeEntry(SMALL);
export const MPI_Pack_size_c = packSizeEntry(LARGE);

/** @param isElements basic elements, not whole ones of the type */
function countEntry(width: Width, isElements: boolean) {
  return (
    { parts: { memory }, datatypes }: DatatypeContext,
    status: number,
    datatype: number,
    count: number,
  ): number => {
    checkPlace(memory, status, mpi.STATUS.BYTES, 'the status');
    const type = datatypes.get(datatype);
    checkPlace(memory, count, width.bytes, 'the count');
    const bytes = statusBytes(memory, status);
    const found = isElements ? type.elementsIn(bytes) : type.countIn(bytes);
    width.write(memory, count, found ?? mpi.MPI_UNDEFINED);
    return mpi.MPI_SUCCESS;
  };
}

export const MPI_Get_count = countEntry(SMALL, false);
export const MPI_Get_count_c = countEntry(LARGE, false);
export const MPI_Get_elements = countEntry(SMALL, true);
export const MPI_Get_elements_c = countEntry(LARGE, true);
export {
  MPI_Get_elements_c as MPI_Get_elements_x,
  setElements as MPI_Status_set_elements,
  setElements as MPI_Status_set_elements_c,
  setElements as MPI_Status_set_elements_x,
};

function setElements(
  { parts: { memory }, datatypes }: DatatypeContext,
  status: number,
  datatype: number,
  count: number,
): number {
  checkPlace(memory, status, mpi.STATUS.BYTES, 'the status');
  checkCount(count);
  setStatusBytes(memory, status, datatypes.get(datatype).bytesOf(count));
  return mpi.MPI_SUCCESS;
}
