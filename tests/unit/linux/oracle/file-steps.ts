// Steps of POSIX file cases as Linux's calls of a guest whose working directory is the case's, by the handlers of the rows.

import type { SyscallContext } from '../../../../personalities/linux/index.ts';
import { DIRENT64, STAT } from '../../../../runtime/abi/linux/structs.ts';
import { linuxCall, putText } from '../linux-call.ts';

/** Where arguments stand. */
const AT = { text: 4096, other: 12_288, struct: 256, buffer: 20_480 } as const;
const BUFFER_BYTES = 4096;
const O_WRITE = 0o1101;
const O_DIRECTORY = 0o200000;
const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;

/** Runs calls of a guest, each until it need not wait. */
type Settle = (run: (ctx: SyscallContext) => number) => number;

/** Attributes of a file, as much as the cases tell. */
export interface TakenStat {
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;
}

/** @returns −errno, or what the step tells */
export function takeStep(
  settle: Settle,
  ctx: SyscallContext,
  [name, path, more]: readonly [name: string, path: string, more?: string | number],
): number | string | TakenStat {
  const call = (callName: string, ...args: readonly number[]): number =>
    settle(() => linuxCall(ctx, callName, ...args));
  const at = putText(ctx, path, AT.text);
  const { memory } = ctx;
  switch (name) {
    case 'mkdir':
      return call('mkdir', at, DIRECTORY_MODE);
    case 'rmdir':
    case 'unlink':
      return call(name, at);
    case 'rename':
    case 'link':
    case 'symlink':
      return call(name, at, putText(ctx, String(more), AT.other));
    case 'readlink': {
      const length = call('readlink', at, AT.buffer, BUFFER_BYTES);
      return length < 0 ? length : textAt(ctx, AT.buffer, length);
    }
    case 'truncate':
      return call('truncate', at, Number(more));
    case 'write':
      return withOpen(call, at, O_WRITE, (fd) => {
        const bytes = new TextEncoder().encode(String(more));
        memory.copyIn(AT.buffer, bytes);
        return call('write', fd, AT.buffer, bytes.length);
      });
    case 'open':
      return withOpen(call, at, Number(more), () => 0);
    case 'list': {
      const names: string[] = [];
      const result = withOpen(call, at, O_DIRECTORY, (fd) => {
        for (;;) {
          const length = call('getdents64', fd, AT.buffer, BUFFER_BYTES);
          if (length <= 0) return length;
          for (let from = AT.buffer; from < AT.buffer + length; from += memory.readU16(from + DIRENT64.reclen)) {
            names.push(cText(ctx, from + DIRENT64.name));
          }
        }
      });
      const others = names.filter((one) => !/^\.\.?$/.test(one));
      return result < 0 ? result : others.sort().join(' ');
    }
    case 'stat':
    case 'lstat': {
      const result = call(name, at, AT.struct);
      if (result < 0) return result;
      const [mode = 0, nlink = 0, size = 0] = [STAT.mode, STAT.nlink, STAT.size].map((of) =>
        memory.readU32(AT.struct + of),
      );
      return { mode, nlink, size };
    }
    default:
      throw new Error(`no step ${name}`);
  }
}

function withOpen(
  call: (name: string, ...args: readonly number[]) => number,
  path: number,
  flags: number,
  use: (fd: number) => number,
): number {
  const fd = call('open', path, flags, FILE_MODE);
  if (fd < 0) return fd;
  const result = use(fd);
  const closed = call('close', fd);
  return result < 0 ? result : closed;
}

function textAt({ memory }: SyscallContext, at: number, length: number): string {
  return new TextDecoder().decode(memory.copyOut(at, length));
}

function cText(ctx: SyscallContext, at: number): string {
  return textAt(ctx, at, ctx.memory.bytes.indexOf(0, at) - at);
}
