// The entries that commit, free and name datatypes and tell what they are.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import { checkPlace, checkResult, LARGE, SMALL, storeInt, type Width, writeCount, writeInts } from '../arguments.ts';
import { deleteAttributes } from '../attributes.ts';
import { MpiError } from '../errors.ts';
import { readText, storeText } from '../text.ts';
import type { DatatypeContext } from './context.ts';
import { Datatype, type Envelope } from './datatype.ts';

const HANDLE_BYTES = mpi.MPI_STRUCT_SIZES.handle;
const INT_BYTES = 4;

export function MPI_Type_commit({ parts: { memory }, datatypes }: DatatypeContext, datatype: number): number {
  checkResult(memory, datatype, 'the type');
  datatypes.get(memory.readU32(datatype)).isCommitted = true;
  return mpi.MPI_SUCCESS;
}

export function MPI_Type_free(context: DatatypeContext, datatype: number): number {
  const { parts, datatypes } = context;
  const { memory } = parts;
  checkResult(memory, datatype, 'the type');
  const handle = memory.readU32(datatype);
  const type = datatypes.get(handle);
  if (!type.isPredefined) deleteAttributes(context, type, handle);
  datatypes.free(handle);
  memory.writeU32(datatype, mpi.MPI_DATATYPE_NULL);
  return mpi.MPI_SUCCESS;
}

function sizeEntry(width: Width) {
  return ({ parts: { memory }, datatypes }: DatatypeContext, datatype: number, size: number): number => {
    const type = datatypes.get(datatype);
    checkPlace(memory, size, width.bytes, 'the size');
    width.write(memory, size, type.size);
    return mpi.MPI_SUCCESS;
  };
}

/** @param isTrue the bounds of the data, not those that were set */
function extentEntry(width: Width, isTrue: boolean) {
  return ({ parts: { memory }, datatypes }: DatatypeContext, datatype: number, lb: number, extent: number): number => {
    const type = datatypes.get(datatype);
    checkPlace(memory, lb, width.bytes, 'the lower bound');
    checkPlace(memory, extent, width.bytes, 'the extent');
    width.write(memory, lb, isTrue ? type.trueLowerBound : type.lowerBound);
    width.write(memory, extent, isTrue ? type.trueExtent : type.extent);
    return mpi.MPI_SUCCESS;
  };
}

export const MPI_Type_size = sizeEntry(SMALL);
export const MPI_Type_size_c = sizeEntry(LARGE);
export const MPI_Type_get_extent = extentEntry(SMALL, false);
export const MPI_Type_get_extent_c = extentEntry(LARGE, false);
export const MPI_Type_get_true_extent = extentEntry(SMALL, true);
export const MPI_Type_get_true_extent_c = extentEntry(LARGE, true);
export {
  MPI_Type_get_extent_c as MPI_Type_get_extent_x,
  MPI_Type_get_true_extent_c as MPI_Type_get_true_extent_x,
  MPI_Type_size_c as MPI_Type_size_x,
};

export function MPI_Type_get_envelope(
  { parts: { memory }, datatypes }: DatatypeContext,
  datatype: number,
  numIntegers: number,
  numAddresses: number,
  numDatatypes: number,
  combiner: number,
): number {
  const { envelope } = datatypes.get(datatype);
  checkSmall(envelope);
  for (const place of [numIntegers, numAddresses, numDatatypes, combiner]) checkResult(memory, place, 'a result');
  memory.writeU32(numIntegers, envelope.integers.length);
  memory.writeU32(numAddresses, envelope.addresses.length);
  memory.writeU32(numDatatypes, envelope.types.length);
  memory.writeU32(combiner, envelope.combiner);
  return mpi.MPI_SUCCESS;
}

export function MPI_Type_get_envelope_c(
  { parts: { memory }, datatypes }: DatatypeContext,
  datatype: number,
  numIntegers: number,
  numAddresses: number,
  numLargeCounts: number,
  numDatatypes: number,
  combiner: number,
): number {
  const { envelope } = datatypes.get(datatype);
  for (const place of [numIntegers, numAddresses, numLargeCounts, numDatatypes])
    checkPlace(memory, place, LARGE.bytes, 'a result');
  checkResult(memory, combiner, 'the combiner');
  memory.writeNumber(numIntegers, envelope.integers.length);
  memory.writeNumber(numAddresses, envelope.addresses.length);
  memory.writeNumber(numLargeCounts, envelope.largeCounts.length);
  memory.writeNumber(numDatatypes, envelope.types.length);
  memory.writeU32(combiner, envelope.combiner);
  return mpi.MPI_SUCCESS;
}

/** What was made with large counts is told by the functions that have them. */
function checkSmall({ largeCounts }: Envelope): void {
  if (largeCounts.length > 0) throw new MpiError(mpi.MPI_ERR_TYPE, 'the datatype was made with large counts');
}

export function MPI_Type_get_contents(
  context: DatatypeContext,
  datatype: number,
  maxIntegers: number,
  maxAddresses: number,
  maxDatatypes: number,
  integersAt: number,
  addressesAt: number,
  datatypesAt: number,
): number {
  const { envelope } = context.datatypes.get(datatype);
  checkSmall(envelope);
  return contents(
    context,
    envelope,
    maxIntegers,
    maxAddresses,
    0,
    maxDatatypes,
    integersAt,
    addressesAt,
    0,
    datatypesAt,
  );
}

export function MPI_Type_get_contents_c(
  context: DatatypeContext,
  datatype: number,
  maxIntegers: number,
  maxAddresses: number,
  maxLargeCounts: number,
  maxDatatypes: number,
  integersAt: number,
  addressesAt: number,
  largeCountsAt: number,
  datatypesAt: number,
): number {
  const { envelope } = context.datatypes.get(datatype);
  return contents(
    context,
    envelope,
    maxIntegers,
    maxAddresses,
    maxLargeCounts,
    maxDatatypes,
    integersAt,
    addressesAt,
    largeCountsAt,
    datatypesAt,
  );
}

function contents(
  { parts: { memory }, datatypes }: DatatypeContext,
  { combiner, integers, addresses, largeCounts, types }: Envelope,
  maxIntegers: number,
  maxAddresses: number,
  maxLargeCounts: number,
  maxDatatypes: number,
  integersAt: number,
  addressesAt: number,
  largeCountsAt: number,
  datatypesAt: number,
): number {
  if (combiner === mpi.MPI_COMBINER_NAMED)
    throw new MpiError(mpi.MPI_ERR_TYPE, 'a predefined datatype has no contents');
  checkArray(memory, integersAt, integers.length, maxIntegers, INT_BYTES, 'integers');
  checkArray(memory, addressesAt, addresses.length, maxAddresses, INT_BYTES, 'addresses');
  checkArray(memory, largeCountsAt, largeCounts.length, maxLargeCounts, LARGE.bytes, 'large counts');
  checkArray(memory, datatypesAt, types.length, maxDatatypes, HANDLE_BYTES, 'datatypes');
  writeInts(memory, integersAt, integers);
  // A large function of MPI_Aint's own width keeps what fits: addresses are those of a small one.
  writeInts(memory, addressesAt, addresses);
  for (const [index, value] of largeCounts.entries()) writeCount(memory, largeCountsAt + index * LARGE.bytes, value);
  for (const [index, type] of types.entries())
    memory.writeU32(datatypesAt + index * HANDLE_BYTES, handleOf(datatypes, type));
  return mpi.MPI_SUCCESS;
}

function checkArray(
  memory: GuestMemory,
  address: number,
  count: number,
  most: number,
  bytes: number,
  what: string,
): void {
  if (most < count) throw new MpiError(mpi.MPI_ERR_ARG, `${most} ${what}: there are ${count}`);
  if (count > 0) checkPlace(memory, address, count * bytes, what);
}

/** A predefined type is itself; a derived one is a new object, which its receiver frees. */
function handleOf(datatypes: DatatypeContext['datatypes'], type: Datatype): number {
  if (type.basic !== undefined && type.isPredefined) return type.basic.handle;
  const copy = new Datatype(type.shape, type.envelope);
  copy.isCommitted = type.isCommitted;
  return datatypes.add(copy);
}

export function MPI_Type_set_name(
  { parts: { memory }, datatypes }: DatatypeContext,
  datatype: number,
  name: number,
): number {
  const type = datatypes.get(datatype);
  type.name = readText(memory, name, mpi.MPI_MAX_OBJECT_NAME - 1);
  return mpi.MPI_SUCCESS;
}

export function MPI_Type_get_name(
  { parts: { memory }, datatypes }: DatatypeContext,
  datatype: number,
  name: number,
  length: number,
): number {
  const isNull = datatype === mpi.MPI_DATATYPE_NULL;
  const text = isNull ? 'MPI_DATATYPE_NULL' : datatypes.get(datatype).name;
  return storeText(memory, name, length, text);
}

/** Fortran's types of a size, by class and bytes. */
const BY_SIZE: { readonly [typeclass: number]: { readonly [bytes: number]: number } } = {
  [mpi.MPI_TYPECLASS_INTEGER]: {
    1: mpi.MPI_INTEGER1,
    2: mpi.MPI_INTEGER2,
    4: mpi.MPI_INTEGER4,
    8: mpi.MPI_INTEGER8,
    16: mpi.MPI_INTEGER16,
  },
  [mpi.MPI_TYPECLASS_REAL]: { 2: mpi.MPI_REAL2, 4: mpi.MPI_REAL4, 8: mpi.MPI_REAL8, 16: mpi.MPI_REAL16 },
  [mpi.MPI_TYPECLASS_COMPLEX]: {
    4: mpi.MPI_COMPLEX4,
    8: mpi.MPI_COMPLEX8,
    16: mpi.MPI_COMPLEX16,
    32: mpi.MPI_COMPLEX32,
  },
};

export function MPI_Type_match_size(
  { parts: { memory } }: DatatypeContext,
  typeclass: number,
  size: number,
  datatype: number,
): number {
  const handle = BY_SIZE[typeclass]?.[size];
  if (handle === undefined) throw new MpiError(mpi.MPI_ERR_ARG, `class ${typeclass} has no type of ${size} bytes`);
  return storeInt(memory, datatype, handle, 'the type');
}

/** The predefined pairs, by the type of the value and that of the index. */
const PAIRS: readonly (readonly [value: number, index: number, pair: number])[] = [
  [mpi.MPI_FLOAT, mpi.MPI_INT, mpi.MPI_FLOAT_INT],
  [mpi.MPI_DOUBLE, mpi.MPI_INT, mpi.MPI_DOUBLE_INT],
  [mpi.MPI_LONG, mpi.MPI_INT, mpi.MPI_LONG_INT],
  [mpi.MPI_INT, mpi.MPI_INT, mpi.MPI_2INT],
  [mpi.MPI_SHORT, mpi.MPI_INT, mpi.MPI_SHORT_INT],
  [mpi.MPI_LONG_DOUBLE, mpi.MPI_INT, mpi.MPI_LONG_DOUBLE_INT],
  [mpi.MPI_REAL, mpi.MPI_REAL, mpi.MPI_2REAL],
  [mpi.MPI_DOUBLE_PRECISION, mpi.MPI_DOUBLE_PRECISION, mpi.MPI_2DOUBLE_PRECISION],
  [mpi.MPI_INTEGER, mpi.MPI_INTEGER, mpi.MPI_2INTEGER],
];

/** MPI 4.1: MPI_DATATYPE_NULL where there is no such pair. */
export function MPI_Type_get_value_index(
  { parts: { memory }, datatypes }: DatatypeContext,
  valueType: number,
  indexType: number,
  pairType: number,
): number {
  datatypes.get(valueType);
  datatypes.get(indexType);
  checkResult(memory, pairType, 'the pair');
  const found = PAIRS.find(([value, index]) => value === valueType && index === indexType);
  memory.writeU32(pairType, found?.[2] ?? mpi.MPI_DATATYPE_NULL);
  return mpi.MPI_SUCCESS;
}
