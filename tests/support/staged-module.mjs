// A user's module for staged files: `Fd`s of browser_wasi_shim that are made in the guest's worker.

import { Fd, File, OpenFile, wasi } from '@bjorn3/browser_wasi_shim';

/** A device that gives lines: `FIRST`, then one more each time, until `last`. */
export class Lines extends Fd {
  constructor({ first, last }) {
    super();
    this.next = first;
    this.last = last;
  }

  fd_fdstat_get() {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }

  fd_read(size) {
    const text = this.next > this.last ? '' : `line ${this.next++}\n`;
    return { ret: 0, data: new TextEncoder().encode(text).subarray(0, size) };
  }
}

export const file = (text) => new OpenFile(new File(new TextEncoder().encode(text)));

export const notFunction = 7;
