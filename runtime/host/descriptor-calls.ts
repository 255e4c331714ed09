// Calls on a descriptor that Node's own modules lack: lseek(2), and a poll(2) that hardly waits. They are had by way of
// node:wasi, whose `fd_seek` and `poll_oneoff` are the host's own calls on the host's own descriptors, in any thread.
// See: uvwasi, which is part of Node; WASI preview 1.

import { linuxErrnoOf } from '../abi/wasi/errno.ts';
import { EVENT, STRUCT_SIZES } from '../abi/wasi/structs.ts';
import { CLOCKID, EVENTRWFLAGS, EVENTTYPE } from '../abi/wasi/types.ts';
import { PREVIEW_1 } from '../abi/wasi/version.ts';
import { builtin } from './node-builtins.ts';

/** What `poll` finds: bytes; a pipe's writers gone. A read waits for neither. */
export const HAS_BYTES = 1;
export const HUNG_UP = 2;

/** WASI's numbers for the descriptors that these calls are about. */
const SUBJECT = 0;
const OTHER = 1;
/** `poll` looks first and waits then: uvwasi lets timers of no length come before descriptors. */
const LEAST_WAIT_NS = 1_000_000n;
const RESULT_AT = 0;
const SUBSCRIPTIONS_AT = 64;
const EVENTS_AT = 512;

type Wasi = Record<'fd_seek' | 'poll_oneoff', (...args: unknown[]) => number>;

export class DescriptorCalls {
  readonly #wasi: Wasi;
  readonly #view: DataView;
  readonly #hasOther: boolean;

  /**
   * @param other a second descriptor of the same pipe, for `poll`: a hang-up shows only where nothing else is waited for.
   *   Absent: hang-ups are not told
   */
  constructor(fd: number, other: number | undefined) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    this.#view = new DataView(memory.buffer);
    this.#hasOther = other !== undefined;
    const wasi = createWasi(fd, other ?? fd);
    wasi.initialize({ exports: { memory } });
    this.#wasi = wasi.wasiImport as unknown as Wasi;
  }

  /**
   * Implements lseek(2).
   *
   * @param whence as Linux numbers it; WASI has the same numbers
   * @returns the new offset, or −errno
   */
  seek(offset: number, whence: number): number {
    const result = this.#wasi.fd_seek(SUBJECT, BigInt(offset), whence, RESULT_AT);
    if (result !== 0) return -linuxErrnoOf(result);
    return Number(this.#view.getBigUint64(RESULT_AT, true));
  }

  /** @returns HAS_BYTES and HUNG_UP, 0 when a read would wait. Waits at most 1 ms */
  poll(): number {
    const view = this.#view;
    new Uint8Array(view.buffer).fill(0, SUBSCRIPTIONS_AT, EVENTS_AT);
    this.#subscribe(0, EVENTTYPE.CLOCK);
    this.#subscribe(1, EVENTTYPE.FD_READ);
    if (this.#hasOther) this.#subscribe(2, EVENTTYPE.FD_WRITE);
    const asked = this.#hasOther ? 3 : 2;
    if (this.#wasi.poll_oneoff(SUBSCRIPTIONS_AT, EVENTS_AT, asked, RESULT_AT) !== 0) return 0;
    const end = EVENTS_AT + view.getUint32(RESULT_AT, true) * STRUCT_SIZES.event;
    let found = 0;
    for (let at = EVENTS_AT; at < end; at += STRUCT_SIZES.event) {
      const isHangUp = (view.getUint16(at + EVENT.flags, true) & EVENTRWFLAGS.FD_READWRITE_HANGUP) !== 0;
      const type = view.getUint8(at + EVENT.type);
      // Of a pipe with bytes left, Linux tells a reader of these alone.
      if (type === EVENTTYPE.FD_READ && !(isHangUp && this.#hasOther)) found |= HAS_BYTES;
      else if (isHangUp) found |= HUNG_UP;
    }
    return found;
  }

  #subscribe(index: number, type: number): void {
    const { subscription } = PREVIEW_1;
    const at = SUBSCRIPTIONS_AT + index * subscription.bytes;
    this.#view.setUint8(at + subscription.tag, type);
    if (type === EVENTTYPE.CLOCK) {
      this.#view.setUint32(at + subscription.clockId, CLOCKID.MONOTONIC, true);
      this.#view.setBigUint64(at + subscription.clockTimeout, LEAST_WAIT_NS, true);
    } else {
      this.#view.setUint32(at + subscription.fd, type === EVENTTYPE.FD_READ ? SUBJECT : OTHER, true);
    }
  }
}

/** Node tells, on stderr, that its WASI is experimental; what a program writes there is its own. */
function createWasi(fd: number, other: number): import('node:wasi').WASI {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const { WASI } = builtin('node:wasi');
    return new WASI({ version: 'preview1', stdin: fd, stdout: other, stderr: other });
  } finally {
    process.emitWarning = emitWarning;
  }
}
