// How a guest ends other than by returning: what each engine says of a trap, as the signal that Linux would send; and the
// real trap by which our own imports leave a guest. A JS exception will not do for that: C++ `catch (...)` swallows it.

import { Signal } from '../abi/signals.ts';
import { guestFrames } from './frames.ts';
import type { LocateSource } from './source-lines.ts';

/** What AssemblyScript's `abort` is given. */
export interface AbortPlace {
  readonly message: string;
  readonly fileName: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface Trap {
  /** Signal number. */
  readonly signal: number;
  /** What the engine says, or why we ended the guest. */
  readonly message: string;
  /** Guest functions, innermost first, one line each. */
  readonly frames: readonly string[];
  /** When the program aborted by a call that tells where. */
  readonly abort?: AbortPlace;
}

/** Text of a trap → signal. V8's messages first, then SpiderMonkey's and JavaScriptCore's. */
const TRAP_SIGNALS: readonly (readonly [RegExp, number])[] = [
  [/unaligned|operation does not support/i, Signal.SIGBUS],
  [
    /divide by zero|remainder by zero|division by zero|divide result|integer overflow|unrepresentable|invalid conversion|out of range.*trunc/i,
    Signal.SIGFPE,
  ],
  [
    /out of bounds|null function|signature mismatch|indirect call|null deref|dereferencing a null|illegal cast/i,
    Signal.SIGSEGV,
  ],
  [/unreachable/i, Signal.SIGILL],
];

/**
 * The trap that an engine's exception stands for; undefined when the exception is not the guest's: then it is a bug of ours.
 *
 * @param locate tells the source lines of its frames @param firstOwn from which function on they are the machine's, and left out
 */
export function trapOf(error: unknown, locate?: LocateSource, firstOwn?: number): Trap | undefined {
  if (isGuestException(error)) {
    return { signal: Signal.SIGABRT, message: 'uncaught exception', frames: framesOf(error, locate, firstOwn) };
  }
  if (!(error instanceof Error)) return undefined;
  if (isStackOverflow(error))
    return { signal: Signal.SIGSEGV, message: 'stack overflow', frames: framesOf(error, locate, firstOwn) };
  if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
  const signal = TRAP_SIGNALS.find(([text]) => text.test(error.message))?.[1] ?? Signal.SIGILL;
  return { signal, message: error.message, frames: framesOf(error, locate, firstOwn) };
}

/** V8 and JavaScriptCore throw a RangeError, SpiderMonkey an InternalError; any other RangeError is a bug of ours. */
function isStackOverflow(error: Error): boolean {
  const mayBe = error instanceof RangeError || error.name === 'InternalError';
  return mayBe && /call stack|too much recursion/i.test(error.message);
}

/** Thrown by wasm `throw` and not caught: what std::terminate would end by SIGABRT. */
function isGuestException(error: unknown): boolean {
  const { Exception } = WebAssembly as unknown as { Exception?: abstract new () => object };
  return Exception !== undefined && error instanceof Exception;
}

/** The wasm frames of a stack trace: function name or index, the offset in the module, and the source line if anything tells. */
function framesOf(error: unknown, locate: LocateSource = () => undefined, firstOwn?: number): string[] {
  const stack = error instanceof Error || isGuestException(error) ? ((error as Error).stack ?? '') : '';
  return guestFrames(stack, firstOwn).map(({ name, index, offset }) => {
    const source = locate(Number(offset));
    return `${name ?? `function[${index}]`} +${offset}${source === undefined ? '' : ` (${source})`}`;
  });
}

/** (module (func (export "leave") unreachable)) */
const LEAVE_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 9, 1, 5, 0x6c, 0x65, 0x61, 0x76, 0x65, 0, 0,
  10, 5, 1, 3, 0, 0, 11,
]);

/** A function that traps: called from an import, it unwinds the guest to its monitor past every handler of the guest's. */
export function createLeave(): () => never {
  const { leave } = new WebAssembly.Instance(new WebAssembly.Module(LEAVE_MODULE)).exports;
  return leave as () => never;
}
