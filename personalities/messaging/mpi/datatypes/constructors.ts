// The constructors of derived datatypes on shapes, as chapter 5.1.2 of MPI 4.0 defines them. Arguments were checked to be whole numbers that are not
// negative where the standard wants it; displacements and strides are in elements of the old type, or in bytes where the name begins
// with an h.

import type { Shape } from './shape.ts';
import { EMPTY_SHAPE, repeatedShape, ShapeBuilder } from './shape.ts';

export function contiguous(count: number, old: Shape): Shape {
  return repeatedShape(old, count, old.extent);
}

export function vector(count: number, blocklength: number, stride: number, old: Shape): Shape {
  return hvector(count, blocklength, stride * old.extent, old);
}

export function hvector(count: number, blocklength: number, stride: number, old: Shape): Shape {
  if (blocklength === 0) return EMPTY_SHAPE;
  return repeatedShape(contiguous(blocklength, old), count, stride);
}

export function indexed(blocklengths: readonly number[], displacements: readonly number[], old: Shape): Shape {
  return blocks(blocklengths, displacements, old.extent, old);
}

export function hindexed(blocklengths: readonly number[], displacements: readonly number[], old: Shape): Shape {
  return blocks(blocklengths, displacements, 1, old);
}

function blocks(blocklengths: readonly number[], displacements: readonly number[], unit: number, old: Shape): Shape {
  const builder = new ShapeBuilder();
  for (let i = 0; i < displacements.length; i++)
    builder.add((displacements[i] as number) * unit, blocklengths[i] as number, old);
  return builder.finish();
}

export function indexedBlock(blocklength: number, displacements: readonly number[], old: Shape): Shape {
  return equalBlocks(blocklength, displacements, old.extent, old);
}

export function hindexedBlock(blocklength: number, displacements: readonly number[], old: Shape): Shape {
  return equalBlocks(blocklength, displacements, 1, old);
}

function equalBlocks(blocklength: number, displacements: readonly number[], unit: number, old: Shape): Shape {
  const builder = new ShapeBuilder();
  for (const displacement of displacements) builder.add(displacement * unit, blocklength, old);
  return builder.finish();
}

/** Displacements in bytes. */
export function struct(
  blocklengths: readonly number[],
  displacements: readonly number[],
  types: readonly Shape[],
): Shape {
  const builder = new ShapeBuilder();
  for (let i = 0; i < types.length; i++)
    builder.add(displacements[i] as number, blocklengths[i] as number, types[i] as Shape);
  return builder.finish();
}
