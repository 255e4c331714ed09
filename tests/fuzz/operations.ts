// Random calls: of every file call, with descriptors, flags, pointers, lengths and names good and bad. A call is generated
// together with the bytes that it needs in guest memory. Bad pointers lie outside the memory, so that a call can only
// write where it is allowed to: into the window.

import { SUBSCRIPTION } from '../../runtime/abi/wasi/structs.ts';
import { OFLAGS, RIGHTS } from '../../runtime/abi/wasi/types.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Operation } from './guest.ts';
import { PAGE, PAGES } from './guest-module.ts';

/** The page of a guest's memory that calls read from and write to: the last one. Page 0 has the ring, page 1 a pattern. */
export const WINDOW = { start: 2 * PAGE, end: PAGES * PAGE } as const;
const IOVECS = WINDOW.start + 256;
const PATHS = [WINDOW.start + 2048, WINDOW.start + 8192] as const;
const RESULT = WINDOW.start + 64;
const SUBSCRIPTIONS = WINDOW.start + 4096;
const EVENTS = WINDOW.start + 6144;
const BUFFERS = WINDOW.start + 16_384;
const MEMORY = PAGES * PAGE;
const ALL_RIGHTS = 0x3fff_ffffn;

/** A word that another thread may change while a call runs, and what it may become: calls stay in the window. */
export interface HostileWord {
  readonly address: number;
  readonly values: readonly number[];
}

/** The words behind the pointers of the calls: iovecs, paths, subscriptions. */
export function hostileWords(): HostileWord[] {
  const addresses = [BUFFERS, BUFFERS + 5001, MEMORY - 4, MEMORY - 8, MEMORY, -8, 0x7fff_fff0];
  const lengths = [0, 4, 8, 5000, 9000, 65_536, -1, 0x7fff_ffff];
  const texts = ['a/bc', '../.', '/etc', '.././', 'a\0bc', '\xff\xfea/', 'link', '////'];
  const letters = texts.map((text) =>
    [...text].reduce((word, letter, i) => word | (letter.charCodeAt(0) << (8 * i)), 0),
  );
  const anything = [0, 1, 2, 3, -1, 5, 1000];
  const area = (start: number, count: number, step: number, values: readonly number[]): HostileWord[] =>
    Array.from({ length: count }, (_, i) => ({ address: start + step * i, values }));
  return [
    ...area(IOVECS, 5, 8, addresses),
    ...area(IOVECS + 4, 5, 8, lengths),
    ...area(PATHS[0], 3, 4, letters),
    ...area(PATHS[1], 3, 4, letters),
    ...area(SUBSCRIPTIONS, 48, 4, anything),
    ...area(EVENTS, 8, 4, anything),
    ...area(RESULT, 16, 4, anything),
  ];
}

/** What the next call may refer to. */
export interface Surroundings {
  /** Of the machine's memory, in which the call's bytes are put; the test copies them. */
  store(address: number, bytes: Uint8Array): void;
  /** Open descriptors, of files and of directories. */
  readonly files: readonly number[];
  readonly directories: readonly number[];
  /** Paths that are there, from the directories. */
  readonly known: readonly string[];
  /** Staged files: opened and asked for by their path, and otherwise by descriptor only. */
  readonly staged: readonly string[];
  /** Largest position that is written to; sparse files have no room everywhere. */
  readonly farthest: bigint;
}

const LONG = 'n'.repeat(255);
const NAMES = ['a', 'b', 'c', 'd', 'e', 'link', 'dir', 'ü\u0080', '\xff\xfe', ' ', '-', '...'] as const;
const ODD = [
  '',
  '.',
  '..',
  '/',
  '/a',
  './',
  '../',
  '..//..',
  'a/../b',
  `${LONG}`,
  `${LONG}n`,
  'a\0b',
  'a//b/',
] as const;

/** Puts the bytes of a random call into memory. */
export function randomOperation(random: SeededRandom, around: Surroundings): Operation {
  const generator = new Generator(random, around);
  return generator.operation();
}

class Generator {
  readonly #random: SeededRandom;
  readonly #around: Surroundings;

  constructor(random: SeededRandom, around: Surroundings) {
    this.#random = random;
    this.#around = around;
  }

  operation(): Operation {
    const [name, ...args] = this.#call();
    return { name, args };
  }

  #call(): [string, ...(number | bigint)[]] {
    const random = this.#random;
    const fd = this.#file();
    switch (random.below(44)) {
      case 0:
        return ['fd_advise', this.#any(), this.#position(), this.#position(), this.#mostly([0, 5], [6, -1])];
      case 1:
        return ['fd_allocate', fd, this.#position(), this.#near([1n, 10n, 5000n, 0n, 2n ** 40n, -1n, 2n ** 62n])];
      case 2:
        return random.oneIn(3)
          ? ['fd_renumber', this.#expendable(), this.#expendable()]
          : ['fd_close', this.#expendable()];
      case 3:
        return [random.pick(['fd_sync', 'fd_datasync']), this.#any()];
      case 4:
        return ['fd_fdstat_get', this.#any(), this.#result()];
      case 5:
        return ['fd_fdstat_set_flags', this.#any(), this.#mostly([0, 1, 1, 4, 8, 16], [32, -1, 31])];
      case 6:
        return random.oneIn(6)
          ? ['fd_fdstat_set_rights', this.#expendable(), this.#fewRights(), this.#fewRights()]
          : ['fd_tell', this.#any(), this.#result()];
      case 7:
        return ['fd_filestat_get', this.#any(), this.#result()];
      case 8:
        return ['fd_filestat_set_size', fd, this.#size()];
      case 9:
        return ['fd_filestat_set_times', this.#any(), ...this.#times()];
      case 10:
        return random.oneIn(2)
          ? ['fd_prestat_get', this.#any(), this.#result()]
          : ['fd_prestat_dir_name', this.#any(), this.#result(), random.below(20)];
      case 11:
      case 12:
      case 13:
        return ['fd_read', fd, ...this.#iovecs(), this.#result()];
      case 14:
      case 15:
        return ['fd_pread', fd, ...this.#iovecs(), this.#position(), this.#result()];
      case 16:
      case 17:
      case 18:
        return ['fd_write', fd, ...this.#iovecs(), this.#result()];
      case 19:
      case 20:
        return ['fd_pwrite', fd, ...this.#iovecs(), this.#position(), this.#result()];
      case 21:
      case 22:
        return this.#readdir();
      case 23:
        return ['fd_seek', this.#any(), this.#offset(), this.#mostly([0, 1, 2], [3, -1]), this.#result()];
      case 24:
        return this.#poll();
      case 25:
        return [random.pick(['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown']), this.#any()];
      case 26:
        return random.oneIn(3) ? ['random_get', this.#buffer(), this.#length()] : ['fd_read', fd, IOVECS, 0, RESULT];
      case 27:
        return ['path_create_directory', this.#directory(), ...this.#path(0)];
      case 28:
      case 29:
        return this.#stat();
      case 30:
        return ['path_filestat_set_times', this.#directory(), this.#lookupFlags(), ...this.#path(0), ...this.#times()];
      case 31:
        return [
          'path_link',
          this.#directory(),
          this.#lookupFlags(),
          ...this.#path(0),
          this.#directory(),
          ...this.#path(1),
        ];
      case 32:
        return ['path_readlink', this.#directory(), ...this.#path(0), this.#buffer(), random.below(40), this.#result()];
      case 33:
        return ['path_remove_directory', this.#directory(), ...this.#path(0)];
      case 34:
      case 35:
        return ['path_rename', this.#directory(), ...this.#path(0), this.#directory(), ...this.#path(1)];
      case 36:
        return ['path_symlink', ...this.#path(0), this.#directory(), ...this.#path(1)];
      case 37:
        return ['path_unlink_file', this.#directory(), ...this.#path(0)];
      default:
        return this.#open();
    }
  }

  #stat(): [string, ...(number | bigint)[]] {
    const path = this.#stagedPath() ?? this.#path(0);
    const directory = path[0] === PATHS[0] && this.#isStaged ? this.#around.directories[0] : undefined;
    return ['path_filestat_get', directory ?? this.#directory(), this.#lookupFlags(), ...path, this.#result()];
  }

  #isStaged = false;

  /** Now and then, the path of a staged file; it is found from the first directory only. */
  #stagedPath(): [number, number] | undefined {
    const { staged } = this.#around;
    if (staged.length === 0 || !this.#random.oneIn(2)) return undefined;
    this.#isStaged = true;
    return this.#put(PATHS[0], this.#random.pick(staged as [string, ...string[]]));
  }

  #open(): [string, ...(number | bigint)[]] {
    const random = this.#random;
    const path = this.#stagedPath() ?? this.#path(0);
    const directory = this.#isStaged ? (this.#around.directories[0] ?? 3) : this.#directory();
    const oflags = random.pick([
      0,
      0,
      OFLAGS.CREAT,
      OFLAGS.CREAT,
      OFLAGS.CREAT,
      OFLAGS.CREAT | OFLAGS.EXCL,
      OFLAGS.CREAT | OFLAGS.TRUNC,
      OFLAGS.TRUNC,
      OFLAGS.DIRECTORY,
      OFLAGS.DIRECTORY,
      OFLAGS.EXCL,
      random.below(16),
      16,
      -1,
    ]);
    const isDirectory = (oflags & OFLAGS.DIRECTORY) !== 0 || random.oneIn(4);
    const base = isDirectory
      ? BigInt(0x0fbf_ffff & ~(RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE))
      : this.#rights();
    const inheriting = random.oneIn(8) ? this.#rights() : ALL_RIGHTS;
    const fdflags = this.#mostly([0, 0, 1, 16], [4, 2, 8, 31, 32]);
    return ['path_open', directory, this.#lookupFlags(), ...path, oflags, base, inheriting, fdflags, this.#result()];
  }

  #readdir(): [string, ...(number | bigint)[]] {
    const random = this.#random;
    const length = random.pick([0, 23, 24, 25, 100, 300, 4096, 4096, 4096]);
    const cookie = random.pick([0n, 0n, 0n, 1n, 2n, 3n, 10n, -1n, 2n ** 60n]);
    const fd = random.oneIn(4) ? this.#any() : this.#directory();
    return ['fd_readdir', fd, this.#buffer(), length, cookie, this.#result()];
  }

  /** One of the subscriptions at least has an event: the call does not wait. */
  #poll(): [string, ...(number | bigint)[]] {
    const random = this.#random;
    const count = 1 + random.below(4);
    for (let i = 0; i < count; i++) {
      const bytes = new DataView(new ArrayBuffer(48));
      bytes.setBigUint64(SUBSCRIPTION.userdata, BigInt(random.below(2 ** 32)), true);
      const tag = i === 0 ? 0 : random.pick([0, 1, 2, 1, 2]);
      bytes.setUint8(SUBSCRIPTION.tag, i > 0 && random.oneIn(30) ? 3 : tag);
      if (tag === 0) {
        bytes.setUint32(SUBSCRIPTION.clockId, this.#mostly([0, 1, 2, 3], [4, -1]), true);
        bytes.setUint16(SUBSCRIPTION.clockFlags, random.oneIn(20) ? 2 : 0, true);
      } else bytes.setInt32(SUBSCRIPTION.fd, this.#any(), true);
      this.#around.store(SUBSCRIPTIONS + 48 * i, new Uint8Array(bytes.buffer));
    }
    const total = random.oneIn(20) ? random.pick([0, 1025, -1]) : count;
    return ['poll_oneoff', this.#pointer(SUBSCRIPTIONS), this.#pointer(EVENTS), total, this.#result()];
  }

  /** Iovecs in memory, with bytes to be written in the buffers. */
  #iovecs(): [number, number] {
    const random = this.#random;
    const count = random.below(5);
    for (let i = 0; i < count; i++) {
      const iovec = new Uint32Array(2);
      iovec[0] = random.oneIn(40) ? this.#outside() : this.#buffer();
      iovec[1] = random.oneIn(60) ? random.pick([0x7fff_ffff, 0xffff_ffff]) : this.#length();
      this.#around.store(IOVECS + 8 * i, new Uint8Array(iovec.buffer));
    }
    this.#around.store(BUFFERS + random.below(30_000), random.bytes(40));
    return [this.#pointer(IOVECS), random.oneIn(60) ? random.pick([1025, -1, 2 ** 29]) : count];
  }

  #path(which: 0 | 1): [number, number] {
    const random = this.#random;
    const { known } = this.#around;
    let text: string;
    if (known.length > 0 && random.oneIn(2)) text = random.pick(known as [string, ...string[]]);
    else {
      const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(NAMES));
      text = names.join(random.oneIn(20) ? '//' : '/');
    }
    if (random.oneIn(10)) text += random.pick(['/', '/.', '/..', '/a', '//']);
    if (random.oneIn(15)) text = random.pick(ODD);
    if (random.oneIn(100)) text = 'a/'.repeat(2050);
    const [address, length] = this.#put(PATHS[which], text);
    return random.oneIn(60) ? [this.#outside(), length] : [address, random.oneIn(100) ? -1 : length];
  }

  #put(address: number, text: string): [number, number] {
    this.#around.store(
      address,
      Uint8Array.from(text, (byte) => byte.charCodeAt(0) & 0xff),
    );
    return [address, text.length];
  }

  #file(): number {
    const { files } = this.#around;
    return files.length > 0 && !this.#random.oneIn(12)
      ? this.#random.pick(files as [number, ...number[]])
      : this.#any();
  }

  #directory(): number {
    const { directories } = this.#around;
    const isGood = directories.length > 0 && !this.#random.oneIn(20);
    return isGood ? this.#random.pick(directories as [number, ...number[]]) : this.#any();
  }

  #any(): number {
    const { files, directories } = this.#around;
    const good = [...files, ...directories];
    if (good.length > 0 && !this.#random.oneIn(8)) return this.#random.pick(good as [number, ...number[]]);
    return this.#random.pick([-1, 0, 5, 17, 1023, 1024, 0x7fff_ffff, -0x8000_0000]);
  }

  /** Not the first directory: without it nothing else could be opened. */
  #expendable(): number {
    const fd = this.#any();
    return fd === this.#around.directories[0] ? -1 : fd;
  }

  #rights(): bigint {
    const random = this.#random;
    if (!random.oneIn(6)) return ALL_RIGHTS;
    return random.pick([
      ALL_RIGHTS & ~BigInt(RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE),
      ALL_RIGHTS & ~BigInt(RIGHTS.FD_READ | RIGHTS.FD_READDIR),
      ALL_RIGHTS & ~BigInt(random.below(2 ** 30)),
      ALL_RIGHTS | (1n << 40n),
      0n,
    ]);
  }

  #fewRights(): bigint {
    const { FD_READ, FD_WRITE, FD_SEEK, FD_TELL, PATH_OPEN } = RIGHTS;
    const few = this.#random.pick([0, FD_READ, FD_READ | FD_WRITE | FD_SEEK, FD_SEEK | FD_TELL, PATH_OPEN | FD_READ]);
    return this.#random.oneIn(4) ? this.#rights() : BigInt(few);
  }

  #times(): [bigint, bigint, number] {
    const random = this.#random;
    const time = (): bigint => BigInt(random.below(2 ** 31)) * 1_000_000_000n + BigInt(random.below(1e9));
    return [time(), time(), this.#mostly([0, 1, 2, 4, 8, 5, 10], [3, 12, 15, 16, -1])];
  }

  #lookupFlags(): number {
    return this.#mostly([0, 1], [2, -1]);
  }

  #position(): bigint {
    const odd = [2n ** 44n - 4097n, 2n ** 44n - 4096n, 2n ** 44n, 2n ** 63n - 1n, -(2n ** 63n)] as const;
    if (this.#random.oneIn(8)) return this.#near(odd);
    return this.#near([0n, 1n, 100n, 4095n, 10_000n, 70_000n, 2n ** 20n + 5n, 2n ** 43n, -1n]);
  }

  #size(): bigint {
    return this.#near([0n, 1n, 10n, 4096n, 50_000n, 2n ** 20n, 2n ** 43n, 2n ** 44n, 2n ** 62n, -1n]);
  }

  #near(choices: readonly [bigint, ...bigint[]]): bigint {
    const { farthest } = this.#around;
    const chosen = this.#random.pick(choices);
    return chosen > farthest ? farthest : chosen;
  }

  #offset(): bigint {
    return this.#random.pick([0n, 0n, 1n, -1n, 100n, -100n, 5000n, 2n ** 40n, 2n ** 62n, -(2n ** 63n)]);
  }

  #buffer(): number {
    return BUFFERS + this.#random.below(30_000);
  }

  #length(): number {
    return this.#random.oneIn(3) ? this.#random.below(9000) : this.#random.pick([0, 1, 8, 64, 100]);
  }

  #result(): number {
    return this.#pointer(RESULT + this.#random.below(3));
  }

  #pointer(address: number): number {
    return this.#random.oneIn(40) ? this.#outside() : address;
  }

  #outside(): number {
    return this.#random.pick([MEMORY, MEMORY + 100, 0xffff_ffff | 0, -8, -0x8000_0000]);
  }

  #mostly(good: readonly [number, ...number[]], bad: readonly [number, ...number[]]): number {
    return this.#random.oneIn(12) ? this.#random.pick(bad) : this.#random.pick(good);
  }
}
