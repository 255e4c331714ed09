// Tells where in the module as it was built something of the rewritten one stood: what a compiler says of its source lines counts
// bytes of the original. Kept in the rewritten module, in a custom section of ours, since a backtrace is made where nothing else is
// left of the file. Written by rewrite.ts, for modules that tell source lines; read by core/source-lines.ts.

import { ByteReader } from '../reader.ts';
import { concatenated, type Edit, growthOf, sectionBytes, u32Bytes } from './bytes.ts';

export const EDIT_MAP_SECTION = 'fusedos.edits';
/** Where a compiler counts from: the contents of the code section. */
interface EditMap {
  readonly codeStart: number;
  /** Ascending. From each offset of the rewritten module on, so many bytes more than in the original. */
  readonly offsets: readonly number[];
  readonly growths: readonly number[];
}

/** @param codeStart offset of the code section's contents in the original */
export function editMapSection(edits: readonly Edit[], codeStart: number): Uint8Array {
  const parts: Uint8Array[] = [u32Bytes(codeStart)];
  let growth = 0;
  let last = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const added = growthOf([edit]);
    growth += added;
    if (added === 0) continue;
    const offset = edit.end + growth;
    // Sizes grow but for a definition that goes: a sign takes the lowest bit.
    parts.push(u32Bytes(offset - last), u32Bytes(added < 0 ? -2 * added + 1 : 2 * added));
    last = offset;
  }
  const name = new TextEncoder().encode(EDIT_MAP_SECTION);
  return sectionBytes(0, concatenated(u32Bytes(name.length), name, ...parts));
}

/** Errors: ModuleError: none of ours wrote it. */
export function readEditMap(contents: Uint8Array): EditMap {
  const reader = new ByteReader(contents, 0, contents.length, `${EDIT_MAP_SECTION} section`);
  const codeStart = reader.u32();
  const offsets: number[] = [];
  const growths: number[] = [];
  let offset = 0;
  let growth = 0;
  while (reader.remaining > 0) {
    offset += reader.u32();
    const added = reader.u32();
    growth += added & 1 ? -(added >>> 1) : added >>> 1;
    offsets.push(offset);
    growths.push(growth);
  }
  return { codeStart, offsets, growths };
}

/** The place in the original's code section, as compilers count it. */
export function originalCodeOffset({ codeStart, offsets, growths }: EditMap, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return offset - (growths[low - 1] ?? 0) - codeStart;
}
