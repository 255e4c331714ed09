// The guest's functions on a stack, as engines write them.

import { NARROW_MODULE } from './narrow.ts';

/** A function of the guest's that was on the stack. */
export interface Frame {
  /** With the module's name before it, where the engine puts that there. */
  readonly name: string | undefined;
  /** Of the module, where the engine tells it. */
  readonly moduleName: string | undefined;
  readonly index: number;
  /** Of the place in the module, as `0x12`. */
  readonly offset: string;
}

const V8 =
  /^\s*at (?:(.+?) \()?(?:<anonymous>|wasm:\/\/(?:wasm\/(?:([^:]*)-)?[0-9a-f]+|[^:]*)):wasm-function\[(\d+)\]:(0x[0-9a-f]+)\)?/;
const GECKO = /^(.*?)@.*():wasm-function\[(\d+)\]:(0x[0-9a-f]+)/;

/**
 * Innermost first.
 *
 * @param firstOwn from which function on they are the machine's, and left out
 */
export function guestFrames(stack: string, firstOwn = Number.POSITIVE_INFINITY): Frame[] {
  return stack.split('\n').flatMap((line): Frame[] => {
    const match = V8.exec(line) ?? GECKO.exec(line);
    if (match === null || line.includes(NARROW_MODULE)) return [];
    const [, name, moduleName, index, offset = ''] = match;
    if (Number(index) >= firstOwn) return [];
    return [{ name: name?.replace(/^[0-9a-f]{8}\./, '') || undefined, moduleName, index: Number(index), offset }];
  });
}
