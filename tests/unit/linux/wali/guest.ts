// A guest that makes Linux's calls: driven directly, results are numbers as a C library sees them, errors by name.

import { ERESTART, errnoName } from '../../../../runtime/abi/errno.ts';
import { STAT } from '../../../../runtime/abi/linux/structs.ts';
import { Guest, type GuestOptions } from '../harness.ts';
import { linuxCall, putText } from '../linux-call.ts';

/** Where texts and structs stand. */
export const AT = { text: 4096, other: 12_288, struct: 256, second: 512, third: 768, buffer: 20_480 } as const;
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
  TMPFILE: 0o20200000,
} as const;
export const AT_FDCWD = -100;

export class LinuxGuest extends Guest {
  #waiting: (() => number) | undefined;

  /** In a directory of its own, `/w`, with no directory open. */
  constructor(options: GuestOptions = {}, linux?: Guest['linux']) {
    super({ preopens: [], ...options }, linux);
    if (linux !== undefined || options.threadOf !== undefined) return;
    this.must('mkdir', this.text0('/w'), 0o777);
    this.must('chmod', this.text0('/w'), 0o777);
    this.must('chdir', this.text0('/w'));
  }

  /** Makes a call until it completes. @returns its result, an error by name, or `WAITS` */
  sys(name: string, ...args: readonly number[]): number | string {
    this.#waiting = () => linuxCall(this.ctx, name, ...args);
    const result = this.#once();
    return result === 'WAITS' ? this.resume() : result;
  }

  /** Goes on with the call that waits, while it may. */
  resume(): number | string {
    for (;;) {
      this.linux.poll();
      const runnable = this.linux.takeRunnable();
      if (runnable === undefined) return 'WAITS';
      const result = runnable === this.ctx ? this.#once() : 'WAITS';
      if (result !== 'WAITS') return result;
    }
  }

  #once(): number | string {
    const result = this.#waiting?.() ?? 0;
    if (result === -ERESTART) return 'WAITS';
    this.linux.completed(this.ctx);
    return result < 0 ? errnoName(-result) : result;
  }

  /** A call that must not fail. */
  must(name: string, ...args: readonly number[]): number {
    const result = this.sys(name, ...args);
    if (typeof result === 'string') throw new Error(`${name}: ${result}`);
    return result;
  }

  /** A text with its NUL. @returns its address */
  text0(text: string | Uint8Array, at: number = AT.text): number {
    return putText(this.ctx, text, at);
  }

  file(path: string, flags: number = O.RDWR | O.CREAT, mode = 0o666): number {
    return this.must('open', this.text0(path), flags, mode);
  }

  put(fd: number, text: string): number | string {
    const bytes = new TextEncoder().encode(text);
    this.memory.copyIn(AT.buffer, bytes);
    return this.sys('write', fd, AT.buffer, bytes.length);
  }

  take(fd: number, length: number): string {
    const result = this.sys('read', fd, AT.buffer, length);
    return typeof result === 'string' ? result : this.string(AT.buffer, result);
  }

  /** Fields of a struct stat. */
  statOf(name: 'stat' | 'lstat', path: string): { mode: number; size: number; uid: number; gid: number } | string {
    const result = this.sys(name, this.text0(path), AT.struct);
    if (typeof result === 'string') return result;
    const [mode = 0, size = 0, uid = 0, gid = 0] = [STAT.mode, STAT.size, STAT.uid, STAT.gid].map((of) =>
      this.memory.readU32(AT.struct + of),
    );
    return { mode, size, uid, gid };
  }

  /** Text up to NUL. */
  cText(at: number): string {
    return this.string(at, this.memory.bytes.indexOf(0, at) - at);
  }

  i32(at: number): number {
    return this.memory.readU32(at) | 0;
  }

  i64(at: number): number {
    return Number(BigInt.asIntN(64, this.memory.readU64(at)));
  }

  putI64(at: number, value: number | bigint): void {
    this.memory.writeU64(at, BigInt.asUintN(64, BigInt(value)));
  }
}

/** An ordinary user, in the same machine and directory as another guest. */
export function userBeside(guest: LinuxGuest, uid = 1000, gid = 100, groups: readonly number[] = []): LinuxGuest {
  return new LinuxGuest({ uid, gid, groups, cwd: '/w' }, guest.linux);
}
