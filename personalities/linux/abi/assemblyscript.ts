// The calls that AssemblyScript's compiler makes up (module `env`): abort, trace, seed, console.log, Date.now,
// performance.now. Text is UTF-16, its length in bytes in the word before it; a pointer that leads nowhere gives an empty
// text, for these calls have no way to fail.

import type { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/assemblyscript.ts';
import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { HandlersOf } from '../../../runtime/abi/row.ts';
import { Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import type { GuestPtr } from '../../../runtime/abi/types.ts';
import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription } from '../vfs/description.ts';

const STDOUT = 1;
const STDERR = 2;
const MS = 1e6;
/** A text of more bytes than this is cut: it is a message, and the whole of it is held twice. */
const MOST_BYTES = 1 << 20;

const utf16 = new TextDecoder('utf-16le');
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
  'console.log'(ctx, text) {
    return writeText(ctx, STDOUT, `${textOf(ctx, text)}\n`);
  },
  'Date.now'(ctx) {
    return Number(ctx.kernel.clock.realtimeNs() / BigInt(MS));
  },
  'performance.now'(ctx) {
    return ctx.kernel.clock.monotonicNs() / MS;
  },
};

function textOf(ctx: SyscallContext, text: GuestPtr): string {
  const { memory } = ctx;
  const address = text >>> 0;
  if (address < 4 || !memory.contains(address - 4, 4)) return '';
  const length = Math.min(memory.readU32(address - 4), MOST_BYTES) & ~1;
  return memory.contains(address, length) ? utf16.decode(memory.copyOut(address, length)) : '';
}

/**
 * Writes the whole text to a descriptor, as far as that is possible: an error is dropped.
 *
 * Blocks: a stream without room. What is written is the text of the first run, whatever the guest's other threads do to it.
 */
function writeText(ctx: SyscallContext, fd: number, text: string): number {
  const description = ctx.process.descriptors.get(fd);
  if (description === undefined || !description.isWritable) return 0;
  ctx.kept ??= utf8.encode(text);
  const bytes = ctx.kept as Uint8Array;
  while (ctx.progress < bytes.length) {
    const result = description.writeNext(ctx, bytes, ctx.progress, bytes.length - ctx.progress);
    if (result < 0) return waits(ctx, description, result) ? ERESTART : 0;
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
