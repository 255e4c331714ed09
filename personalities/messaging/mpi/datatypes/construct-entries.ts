// The entries that make derived datatypes. Each keeps its arguments as the program gave them, for MPI_Type_get_contents: in the order of the
// standard's tables, which for the functions with large counts is another one (MPI 4.0, 5.1.13). Nothing is made before all arguments and
// the place for the new handle were checked.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import { checkCount, checkResult, LARGE, readInts, SMALL, storeNew, type Width } from '../arguments.ts';
import { copyAttributes } from '../attributes.ts';
import { MpiError } from '../errors.ts';
import { darray, subarray } from './arrays.ts';
import * as make from './constructors.ts';
import type { DatatypeContext } from './context.ts';
import { Datatype, type Envelope } from './datatype.ts';
import { resizedShape, type Shape } from './shape.ts';

/** Arguments in the order of the standard: counts are integers, or large counts, as the function takes them. */
interface Arguments {
  /** Of the small function and the large one. */
  readonly integers?: readonly number[];
  readonly largeCounts?: readonly number[];
  readonly addresses?: readonly number[];
}

function newEnvelope(combiner: number, types: readonly Datatype[], parts: Arguments): Envelope {
  const { integers = [], addresses = [], largeCounts = [] } = parts;
  return { combiner, types, integers, addresses, largeCounts };
}

/** Stores the handle of a new type. */
function store({ parts: { memory }, datatypes }: DatatypeContext, newtype: number, type: Datatype): number {
  return storeNew(memory, newtype, () => datatypes.add(type), 'the new type');
}

function checkBlocklengths(blocklengths: readonly number[]): void {
  for (const blocklength of blocklengths)
    if (blocklength < 0) throw new MpiError(mpi.MPI_ERR_ARG, `a block of ${blocklength} elements`);
}

/** Counts with nothing between them and addresses, which a large function takes as counts. */
function sorted(width: Width, counts: readonly number[], addresses: readonly number[]): Arguments {
  return width.isLarge ? { largeCounts: [...counts, ...addresses] } : { integers: counts, addresses };
}

type Contiguous = (context: DatatypeContext, count: number, oldtype: number, newtype: number) => number;

function contiguousEntry(width: Width): Contiguous {
  return (context, count, oldtype, newtype) => {
    checkCount(count);
    const old = context.datatypes.get(oldtype);
    const shape = make.contiguous(count, old.shape);
    const envelope = newEnvelope(mpi.MPI_COMBINER_CONTIGUOUS, [old], sorted(width, [count], []));
    return store(context, newtype, new Datatype(shape, envelope));
  };
}

type Vector = (
  context: DatatypeContext,
  count: number,
  blocklength: number,
  stride: number,
  oldtype: number,
  newtype: number,
) => number;

function vectorEntry(width: Width, isInBytes: boolean): Vector {
  return (context, count, blocklength, stride, oldtype, newtype) => {
    checkCount(count);
    checkBlocklengths([blocklength]);
    const old = context.datatypes.get(oldtype);
    const shape = (isInBytes ? make.hvector : make.vector)(count, blocklength, stride, old.shape);
    const combiner = isInBytes ? mpi.MPI_COMBINER_HVECTOR : mpi.MPI_COMBINER_VECTOR;
    const given = isInBytes
      ? sorted(width, [count, blocklength], [stride])
      : sorted(width, [count, blocklength, stride], []);
    return store(context, newtype, new Datatype(shape, newEnvelope(combiner, [old], given)));
  };
}

type Indexed = (
  context: DatatypeContext,
  count: number,
  blocklengths: number,
  displacements: number,
  oldtype: number,
  newtype: number,
) => number;

function indexedEntry(width: Width, isInBytes: boolean): Indexed {
  return (context, count, lengthsAt, displacementsAt, oldtype, newtype) => {
    const { memory } = context.parts;
    checkCount(count);
    const blocklengths = width.read(memory, lengthsAt, count, 'the block lengths');
    const displacements = width.read(memory, displacementsAt, count, 'the displacements');
    checkBlocklengths(blocklengths);
    const old = context.datatypes.get(oldtype);
    const shape = (isInBytes ? make.hindexed : make.indexed)(blocklengths, displacements, old.shape);
    const combiner = isInBytes ? mpi.MPI_COMBINER_HINDEXED : mpi.MPI_COMBINER_INDEXED;
    const given = isInBytes
      ? sorted(width, [count, ...blocklengths], displacements)
      : sorted(width, [count, ...blocklengths, ...displacements], []);
    return store(context, newtype, new Datatype(shape, newEnvelope(combiner, [old], given)));
  };
}

type IndexedBlock = (
  context: DatatypeContext,
  count: number,
  blocklength: number,
  displacements: number,
  oldtype: number,
  newtype: number,
) => number;

function indexedBlockEntry(width: Width, isInBytes: boolean): IndexedBlock {
  return (context, count, blocklength, displacementsAt, oldtype, newtype) => {
    checkCount(count);
    checkBlocklengths([blocklength]);
    const displacements = width.read(context.parts.memory, displacementsAt, count, 'the displacements');
    const old = context.datatypes.get(oldtype);
    const shape = (isInBytes ? make.hindexedBlock : make.indexedBlock)(blocklength, displacements, old.shape);
    const combiner = isInBytes ? mpi.MPI_COMBINER_HINDEXED_BLOCK : mpi.MPI_COMBINER_INDEXED_BLOCK;
    const given = isInBytes
      ? sorted(width, [count, blocklength], displacements)
      : sorted(width, [count, blocklength, ...displacements], []);
    return store(context, newtype, new Datatype(shape, newEnvelope(combiner, [old], given)));
  };
}

type Struct = (
  context: DatatypeContext,
  count: number,
  blocklengths: number,
  displacements: number,
  types: number,
  newtype: number,
) => number;

function structEntry(width: Width): Struct {
  return (context, count, lengthsAt, displacementsAt, typesAt, newtype) => {
    const { memory } = context.parts;
    checkCount(count);
    const blocklengths = width.read(memory, lengthsAt, count, 'the block lengths');
    const displacements = width.read(memory, displacementsAt, count, 'the displacements');
    const handles = readInts(memory, typesAt, count, 'the types');
    checkBlocklengths(blocklengths);
    const types = handles.map((handle) => context.datatypes.get(handle));
    const shape = make.struct(blocklengths, displacements, types.map(shapeOf));
    const given = sorted(width, [count, ...blocklengths], displacements);
    return store(context, newtype, new Datatype(shape, newEnvelope(mpi.MPI_COMBINER_STRUCT, types, given)));
  };
}

function shapeOf({ shape }: Datatype): Shape {
  return shape;
}

type Subarray = (
  context: DatatypeContext,
  ndims: number,
  sizes: number,
  subsizes: number,
  starts: number,
  order: number,
  oldtype: number,
  newtype: number,
) => number;

function subarrayEntry(width: Width): Subarray {
  return (context, ndims, sizesAt, subsizesAt, startsAt, order, oldtype, newtype) => {
    const { memory } = context.parts;
    checkDimensions(ndims);
    const sizes = width.read(memory, sizesAt, ndims, 'the sizes');
    const subsizes = width.read(memory, subsizesAt, ndims, 'the subsizes');
    const starts = width.read(memory, startsAt, ndims, 'the starts');
    const old = context.datatypes.get(oldtype);
    const sides = sizes.map((size, index) => ({
      size,
      subsize: subsizes[index] as number,
      start: starts[index] as number,
    }));
    const shape = subarray(sides, order, old.shape);
    const counts = [...sizes, ...subsizes, ...starts];
    const given = width.isLarge
      ? { integers: [ndims, order], largeCounts: counts }
      : { integers: [ndims, ...counts, order] };
    return store(context, newtype, new Datatype(shape, newEnvelope(mpi.MPI_COMBINER_SUBARRAY, [old], given)));
  };
}

type Darray = (
  context: DatatypeContext,
  size: number,
  rank: number,
  ndims: number,
  gsizes: number,
  distribs: number,
  dargs: number,
  psizes: number,
  order: number,
  oldtype: number,
  newtype: number,
) => number;

function darrayEntry(width: Width): Darray {
  return (context, size, rank, ndims, gsizesAt, distribsAt, dargsAt, psizesAt, order, oldtype, newtype) => {
    const { memory } = context.parts;
    checkDimensions(ndims);
    const gsizes = width.read(memory, gsizesAt, ndims, 'the sizes');
    const distribs = readInts(memory, distribsAt, ndims, 'the distributions');
    const dargs = readInts(memory, dargsAt, ndims, 'the arguments of the distributions');
    const psizes = readInts(memory, psizesAt, ndims, 'the sizes of the grid');
    const old = context.datatypes.get(oldtype);
    const dimensions = gsizes.map((length, index) => ({
      size: length,
      kind: distribs[index] as number,
      argument: dargs[index] as number,
      processes: psizes[index] as number,
    }));
    const shape = darray(size, rank, dimensions, order, old.shape);
    const rest = [...distribs, ...dargs, ...psizes, order];
    const given = width.isLarge
      ? { integers: [size, rank, ndims, ...rest], largeCounts: gsizes }
      : { integers: [size, rank, ndims, ...gsizes, ...rest] };
    return store(context, newtype, new Datatype(shape, newEnvelope(mpi.MPI_COMBINER_DARRAY, [old], given)));
  };
}

function checkDimensions(ndims: number): void {
  if (ndims < 1) throw new MpiError(mpi.MPI_ERR_ARG, `an array of ${ndims} dimensions`);
}

type Resized = (context: DatatypeContext, oldtype: number, lb: number, extent: number, newtype: number) => number;

function resizedEntry(width: Width): Resized {
  return (context, oldtype, lb, extent, newtype) => {
    const old = context.datatypes.get(oldtype);
    const shape = resizedShape(old.shape, lb, extent);
    const envelope = newEnvelope(mpi.MPI_COMBINER_RESIZED, [old], sorted(width, [], [lb, extent]));
    return store(context, newtype, new Datatype(shape, envelope));
  };
}

export const MPI_Type_contiguous = contiguousEntry(SMALL);
export const MPI_Type_contiguous_c = contiguousEntry(LARGE);
export const MPI_Type_vector = vectorEntry(SMALL, false);
export const MPI_Type_vector_c = vectorEntry(LARGE, false);
export const MPI_Type_create_hvector = vectorEntry(SMALL, true);
export const MPI_Type_create_hvector_c = vectorEntry(LARGE, true);
export const MPI_Type_indexed = indexedEntry(SMALL, false);
export const MPI_Type_indexed_c = indexedEntry(LARGE, false);
export const MPI_Type_create_hindexed = indexedEntry(SMALL, true);
export const MPI_Type_create_hindexed_c = indexedEntry(LARGE, true);
export const MPI_Type_create_indexed_block = indexedBlockEntry(SMALL, false);
export const MPI_Type_create_indexed_block_c = indexedBlockEntry(LARGE, false);
export const MPI_Type_create_hindexed_block = indexedBlockEntry(SMALL, true);
export const MPI_Type_create_hindexed_block_c = indexedBlockEntry(LARGE, true);
export const MPI_Type_create_struct = structEntry(SMALL);
export const MPI_Type_create_struct_c = structEntry(LARGE);
export const MPI_Type_create_subarray = subarrayEntry(SMALL);
export const MPI_Type_create_subarray_c = subarrayEntry(LARGE);
export const MPI_Type_create_darray = darrayEntry(SMALL);
export const MPI_Type_create_darray_c = darrayEntry(LARGE);
export const MPI_Type_create_resized = resizedEntry(SMALL);
export const MPI_Type_create_resized_c = resizedEntry(LARGE);

/** The same type, committed as the old one is, with the attributes that their functions copy. */
export function MPI_Type_dup(context: DatatypeContext, oldtype: number, newtype: number): number {
  const old = context.datatypes.get(oldtype);
  const type = new Datatype(old.shape, newEnvelope(mpi.MPI_COMBINER_DUP, [old], {}));
  type.isCommitted = old.isCommitted;
  checkResult(context.parts.memory, newtype, 'the new type');
  copyAttributes(context, old, oldtype, type);
  return store(context, newtype, type);
}
