// What a call that does not return says of the program's end: AssemblyScript's `abort` has a message and a place in the source. It
// is read in the guest's thread before the call is made, wherever that is served, since nothing of the guest runs after it.
// Derived from the row: the names of its parameters are those of AbortPlace.

import type { Row } from '../abi/row.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { readUtf16 } from '../memory/utf16.ts';
import type { AbortPlace } from './traps.ts';

/** Takes the arguments of a call that ends the program. */
export type NoteLastWords = (row: Row, args: readonly (number | bigint)[]) => void;

/** Whether a row's call has last words. */
export function hasLastWords({ result, params }: Row): boolean {
  return result === 'never' && params.some(({ to }) => to === 'utf16');
}

export function readLastWords(memory: GuestMemory, { params }: Row, args: readonly (number | bigint)[]): AbortPlace {
  const words = params.map((param, i): [string, string | number] => {
    const value = Number(args[i]);
    return [param.name, param.to === 'utf16' ? readUtf16(memory, value) : value >>> 0];
  });
  return Object.fromEntries(words) as unknown as AbortPlace;
}

/** As `abort` tells it on descriptor 2. */
export function renderLastWords({ message, fileName, lineNumber, columnNumber }: AbortPlace): string {
  return `abort: ${message} in ${fileName}(${lineNumber}:${columnNumber})`;
}
