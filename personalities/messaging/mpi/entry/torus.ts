// Where ranks are: the functions of <mpix.h>, those of Blue Gene/Q's MPI. They ask nobody, so that they may be called before MPI_Init:
// Kernel_GetPersonality is made of them.

import { MPI_ERR_ARG, MPI_ERR_RANK } from '../../../../runtime/abi/mpi/constants.ts';
import { COORDINATES, coordinatesOf, rankAt, sizesOf, TORUS_DIMENSIONS } from '../../torus.ts';
import { checkPlace, readInts } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';

const INT_BYTES = 4;
const MIB = 2 ** 20;

/** MPIX_Hardware_t: unsigned ints, three arrays of five among them. Of the clock's frequency nothing is known. */
export function MPIX_Hardware({ parts, memory }: MessagingContext, address: number): number {
  const { torus, rank } = parts;
  const { shape, ranksPerNode } = torus;
  const coordinates = coordinatesOf(torus, rank);
  const core = coordinates[TORUS_DIMENSIONS] as number;
  const places = sizesOf(torus).reduce((product, size) => product * size, 1);
  const physical = rankAt({ ...torus, mapping: COORDINATES }, coordinates);
  const megabytes = Math.ceil(memory.bytes.length / MIB);
  const position = coordinates.slice(0, TORUS_DIMENSIONS);
  const links = shape.map(() => 1); // nobody is far from anybody
  const own = [physical, places, ranksPerNode, core, 0, megabytes, TORUS_DIMENSIONS];
  const set = [physical, places, 0]; // one set of nodes, whose files one Linux serves
  return store(memory, address, [...own, ...shape, ...position, ...links, ...set], 'the hardware');
}

export function MPIX_Torus_ndims({ memory }: MessagingContext, address: number): number {
  return store(memory, address, [TORUS_DIMENSIONS], 'the number of dimensions');
}

export function MPIX_Rank2torus({ parts, memory }: MessagingContext, rank: number, address: number): number {
  if (rank < 0 || rank >= parts.size) throw new MpiError(MPI_ERR_RANK, `there is no rank ${rank} of ${parts.size}`);
  return store(memory, address, coordinatesOf(parts.torus, rank), 'the coordinates');
}

export function MPIX_Torus2rank({ parts, memory }: MessagingContext, from: number, address: number): number {
  const { torus, size } = parts;
  const sizes = sizesOf(torus);
  const coordinates = readInts(memory, from, sizes.length, 'the coordinates');
  const where = coordinates.join(',');
  if (coordinates.some((coordinate, index) => coordinate < 0 || coordinate >= (sizes[index] as number))) {
    throw new MpiError(MPI_ERR_ARG, `${where} is outside a torus of ${sizes.join('x')}`);
  }
  const rank = rankAt(torus, coordinates);
  if (rank >= size) throw new MpiError(MPI_ERR_RANK, `no rank is at ${where}: there are ${size}`);
  return store(memory, address, [rank], 'the rank');
}

function store(memory: MessagingContext['memory'], address: number, values: readonly number[], what: string): number {
  checkPlace(memory, address, values.length * INT_BYTES, what);
  for (const [index, value] of values.entries()) memory.writeU32(address + index * INT_BYTES, value);
  return 0;
}
