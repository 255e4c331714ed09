// `Fd`s as a user's module makes them, good and bad.

import { type Fd, Fd as FdBase, File, OpenFile, wasi } from '@bjorn3/browser_wasi_shim';

/** Counts up; what is written is added. A character device. */
export class Counter extends FdBase {
  next: number;

  constructor(first: number) {
    super();
    this.next = first;
  }

  override fd_fdstat_get(): ReturnType<Fd['fd_fdstat_get']> {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }

  override fd_read(size: number): { ret: number; data: Uint8Array } {
    const text = `${this.next++}\n`;
    return { ret: 0, data: new TextEncoder().encode(text).subarray(0, size) };
  }

  override fd_write(bytes: Uint8Array): { ret: number; nwritten: number } {
    this.next += Number(new TextDecoder().decode(bytes));
    return { ret: 0, nwritten: bytes.length };
  }
}

/** A file of the shim's own, made by a function. */
export const openFile = (text: string): Fd => new OpenFile(new File(new TextEncoder().encode(text)));

/** Breaks its contract in each call. */
export class Broken extends Counter {
  constructor() {
    super(0);
  }

  override fd_read(size: number): { ret: number; data: Uint8Array } {
    return { ret: 0, data: new Uint8Array(size + 1) };
  }

  override fd_write(): { ret: number; nwritten: number } {
    return { ret: 0, nwritten: -1 };
  }

  override fd_sync(): number {
    throw new Error('no');
  }

  override fd_filestat_get(): ReturnType<Fd['fd_filestat_get']> {
    throw 'no error';
  }
}

/** Answers a WASI error number of its choice. */
export class Refusing extends Counter {
  override fd_read(): { ret: number; data: Uint8Array } {
    return { ret: this.next, data: new Uint8Array(0) };
  }
}
