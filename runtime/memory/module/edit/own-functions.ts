// Tells which functions of a rewritten module are the machine's, so that a backtrace leaves them out: they stand for an instruction of the
// function that calls them. Kept in a custom section of ours. Written by rewrite.ts, read by core/traps.ts.

import { concatenated, sectionBytes, u32Behind, u32Bytes } from './bytes.ts';

const OWN_FUNCTIONS_SECTION = 'fusedos.functions';

/** @param first index of the machine's functions, which are the last ones */
export function ownFunctionsSection(first: number): Uint8Array {
  const name = new TextEncoder().encode(OWN_FUNCTIONS_SECTION);
  return sectionBytes(0, concatenated(u32Bytes(name.length), name, u32Bytes(first)));
}

/** The index of the first; Infinity: none that a backtrace may meet. */
export function firstOwnFunction(module: WebAssembly.Module): number {
  const [contents] = WebAssembly.Module.customSections(module, OWN_FUNCTIONS_SECTION);
  const first = contents === undefined ? -1 : u32Behind(new Uint8Array(contents), -1);
  return first < 0 ? Number.POSITIVE_INFINITY : first;
}
