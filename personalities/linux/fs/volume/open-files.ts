// What guests have open in a Volume: regular files, by memfs's descriptors, and listings. Bytes go through a buffer of our
// own, since guest memory is shared and may change meanwhile. Part of directory.ts; results are −errno, never thrown.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { HostAttributes } from '../../../../runtime/files/attributes.ts';
import type { MountedFiles } from '../../../../runtime/files/mounted-directory.ts';
import { TRANSFER_MAX } from '../../../../runtime/files/protocol.ts';
import { callVolume, charged, type MountedVolume, refund } from './call.ts';
import { takeVolumeStats } from './files.ts';

/** memfs keeps a file in one buffer, and doubles it as it grows: what an engine can give. */
const FILE_MAX = 2 ** 31 - 1;
/** As many as memfs has descriptors for. */
const OPEN_MAX = 10_000;

/** The names of a directory when it was opened; `next` is the index of the first that was not told yet. */
export interface VolumeListing {
  readonly directory: number;
  readonly names: readonly string[];
  next: number;
}

export class VolumeOpenFiles implements MountedFiles {
  readonly #volume: MountedVolume;
  /** memfs's descriptors and listings, by our number. */
  readonly #open = new Map<number, number | VolumeListing>();
  #next = 0;
  #scratch: Uint8Array | undefined;

  constructor(volume: MountedVolume) {
    this.#volume = volume;
  }

  get isFull(): boolean {
    return this.#open.size >= OPEN_MAX;
  }

  add(open: number | VolumeListing): number {
    const file = this.#next;
    this.#next = (this.#next + 1) & 0x7fffffff;
    this.#open.set(file, open);
    return file;
  }

  listing(file: number): VolumeListing | undefined {
    const open = this.#open.get(file);
    return typeof open === 'object' ? open : undefined;
  }

  /** Runs `operation` on a file's descriptor. */
  with(file: number, operation: (fd: number) => number): number {
    const open = this.#open.get(file);
    return typeof open === 'number' ? callVolume(this.#volume, () => operation(open)) : -Errno.EBADF;
  }

  attributes(file: number, into: HostAttributes): number {
    const { files } = this.#volume;
    return this.with(file, (fd) => {
      takeVolumeStats(files, files.fstatSync(fd), undefined, into);
      return 0;
    });
  }

  read(file: number, into: Uint8Array, start: number, length: number, position: number): number {
    const { files } = this.#volume;
    return this.with(file, (fd) => {
      const scratch = this.#buffer();
      const count = files.readSync(fd, scratch, 0, length, position);
      into.set(scratch.subarray(0, count), start);
      return count;
    });
  }

  /** @param position −1: at the end of the file */
  write(file: number, from: Uint8Array, start: number, length: number, position: number): number {
    const { files, quota } = this.#volume;
    return this.with(file, (fd) => {
      const size = Number(files.fstatSync(fd).size);
      const at = position < 0 ? size : position;
      if (at >= FILE_MAX) return -Errno.EFBIG;
      // A hole is stored, too.
      const room = Math.max(0, Math.min(FILE_MAX, size + quota.left) - at);
      const count = Math.min(length, at + length <= size ? length : room);
      if (count === 0) return length === 0 ? 0 : -Errno.ENOSPC;
      const scratch = this.#buffer();
      scratch.set(from.subarray(start, start + count));
      const growth = Math.max(0, at + count - size);
      return charged(this.#volume, growth, () => files.writeSync(fd, scratch, 0, count, at));
    });
  }

  truncate(file: number, size: number): number {
    return this.with(file, (fd) => this.#resize(fd, size));
  }

  /** Makes the file at least that long. */
  extend(file: number, size: number): number {
    const { files } = this.#volume;
    return this.with(file, (fd) => (Number(files.fstatSync(fd).size) < size ? this.#resize(fd, size) : 0));
  }

  sync(file: number): number {
    return this.with(file, () => 0);
  }

  close(file: number): number {
    const open = this.#open.get(file);
    if (open === undefined) return -Errno.EBADF;
    this.#open.delete(file);
    if (typeof open === 'object') return 0;
    const { files } = this.#volume;
    return callVolume(this.#volume, () => {
      files.closeSync(open);
      return 0;
    });
  }

  closeAll(): void {
    for (const file of [...this.#open.keys()]) this.close(file);
  }

  #resize(fd: number, size: number): number {
    const { files } = this.#volume;
    if (size > FILE_MAX) return -Errno.EFBIG;
    const before = Number(files.fstatSync(fd).size);
    const resize = (): number => {
      files.ftruncateSync(fd, size);
      return 0;
    };
    if (size > before) return charged(this.#volume, size - before, resize);
    const result = resize();
    refund(this.#volume, before - size);
    return result;
  }

  #buffer(): Uint8Array {
    this.#scratch ??= new Uint8Array(TRANSFER_MAX);
    return this.#scratch;
  }
}
