// The calls that AssemblyScript's compiler and standard library make up (module `env`): abort, trace, seed, console, Date.now,
// performance.now, process.exit. A text whose pointer leads nowhere is empty, for these calls have no way to fail. Where output
// goes and what it says is as in Node: logs to descriptor 1, warnings and errors to descriptor 2.

import type { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/env/rows.ts';
import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { HandlersOf } from '../../../runtime/abi/row.ts';
import { exitStatus, Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import type { GuestPtr } from '../../../runtime/abi/types.ts';
import { readUtf16 } from '../../../runtime/memory/utf16.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { Process } from '../kernel/process.ts';
import type { FileDescription } from '../vfs/inode.ts';

const STDOUT = 1;
const STDERR = 2;
const MS = 1e6;
/** Most timers of a process at once. */
const TIMERS_MOST = 1024;
/** Most UTF-16 units of a label: longer ones are cut. */
const LABEL_MOST = 256;

const utf8 = new TextEncoder();

export const assemblyScriptHandlers: HandlersOf<(typeof ASSEMBLYSCRIPT_ROWS)[number], SyscallContext> = {
  abort(ctx, message, fileName, lineNumber, columnNumber) {
    const place = `${textOf(ctx, fileName)}(${lineNumber >>> 0}:${columnNumber >>> 0})`;
    const result = writeText(ctx, STDERR, `abort: ${textOf(ctx, message)} in ${place}\n`);
    if (result === 0) ctx.kernel.end(ctx.process, signalStatus(Signal.SIGABRT));
    return result;
  },
  trace(ctx, message, n, a0, a1, a2, a3, a4) {
    const shown = [a0, a1, a2, a3, a4].slice(0, Math.max(0, n));
    const numbers = shown.length > 0 ? ` ${shown.join(', ')}` : '';
    return writeText(ctx, STDERR, `trace: ${textOf(ctx, message)}${numbers}\n`);
  },
  seed(ctx) {
    const words = new Uint32Array(2);
    ctx.kernel.random(new Uint8Array(words.buffer));
    // 53 bits: every number in [0, 1) that a double can hold at that spacing.
    return ((words[0] as number) * 2 ** 21 + ((words[1] as number) >>> 11)) / 2 ** 53;
  },
  'console.assert'(ctx, condition, message) {
    if (condition !== 0) return 0;
    return writeText(ctx, STDERR, `Assertion failed: ${textOf(ctx, message)}\n`);
  },
  'console.log': (ctx, text) => writeLine(ctx, STDOUT, text),
  'console.debug': (ctx, text) => writeLine(ctx, STDOUT, text),
  'console.info': (ctx, text) => writeLine(ctx, STDOUT, text),
  'console.warn': (ctx, text) => writeLine(ctx, STDERR, text),
  'console.error': (ctx, text) => writeLine(ctx, STDERR, text),
  'console.time': (ctx, label) => startTimer(ctx, labelOf(ctx, label)),
  'console.timeLog': (ctx, label) => showTimer(ctx, labelOf(ctx, label), 'timeLog'),
  'console.timeEnd': (ctx, label) => showTimer(ctx, labelOf(ctx, label), 'timeEnd'),
  'process.exit'(ctx, code) {
    ctx.kernel.end(ctx.process, exitStatus(code));
    return 0;
  },
  'Date.now'(ctx) {
    return Number(ctx.kernel.clock.realtimeNs() / BigInt(MS));
  },
  'performance.now'(ctx) {
    return ctx.kernel.clock.monotonicNs() / MS;
  },
};

function writeLine(ctx: SyscallContext, fd: number, text: GuestPtr): number {
  return writeText(ctx, fd, `${textOf(ctx, text)}\n`);
}

function textOf({ memory }: SyscallContext, text: GuestPtr): string {
  return readUtf16(memory, text);
}

/** Of `console.time`, in nanoseconds of the monotonic clock, by label; they end with the process. */
const timers = new WeakMap<Process, Map<string, number>>();

function timersOf({ process }: SyscallContext): Map<string, number> {
  const own = timers.get(process) ?? new Map<string, number>();
  timers.set(process, own);
  return own;
}

function startTimer(ctx: SyscallContext, label: string): number {
  const own = timersOf(ctx);
  if (own.has(label)) return writeText(ctx, STDERR, `Warning: Label '${label}' already exists for console.time()\n`);
  if (own.size < TIMERS_MOST) own.set(label, ctx.kernel.clock.monotonicNs());
  return 0;
}

/** A call that has waited for room goes on with what it began to write, also when the timer has ended with that. */
function showTimer(ctx: SyscallContext, label: string, call: 'timeLog' | 'timeEnd'): number {
  if (ctx.kept !== undefined) return writeText(ctx, STDOUT, '');
  const own = timersOf(ctx);
  const startNs = own.get(label);
  if (startNs === undefined) {
    return writeText(ctx, STDERR, `Warning: No such label '${label}' for console.${call}()\n`);
  }
  if (call === 'timeEnd') own.delete(label);
  const ms = (ctx.kernel.clock.monotonicNs() - startNs) / MS;
  return writeText(ctx, STDOUT, `${label}: ${ms.toFixed(3)}ms\n`);
}

function labelOf(ctx: SyscallContext, label: GuestPtr): string {
  return textOf(ctx, label).slice(0, LABEL_MOST);
}

/** What a call writes. */
interface KeptText {
  readonly fd: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes the whole text to a descriptor, as far as that is possible: an error is dropped.
 *
 * Blocks: a stream without room. What is written is the text of the first run, whatever the guest's other threads do to it.
 */
function writeText(ctx: SyscallContext, fd: number, text: string): number {
  ctx.kept ??= { fd, bytes: utf8.encode(text) } satisfies KeptText;
  const { fd: to, bytes } = ctx.kept as KeptText;
  const description = ctx.description(to);
  if (description === undefined || !description.isWritable) return 0;
  while (ctx.progress < bytes.length) {
    const result = description.writeNext(ctx, bytes, ctx.progress, bytes.length - ctx.progress);
    if (result < 0) return waits(ctx, description, result) ? -ERESTART : 0;
    ctx.settle(ctx.progress + result);
  }
  return 0;
}

function waits(ctx: SyscallContext, description: FileDescription, result: number): boolean {
  if (result === -ERESTART) return true;
  const { readyQueue } = description;
  if (readyQueue === undefined || description.readiness() !== 0 || description.isNonBlocking) return false;
  ctx.waitOn(readyQueue);
  return true;
}
