// The model of one process: its descriptors and what each call may answer. `step` gets a call, the errno that the machine
// gave, and the memory that it left. A call has a set of faults: without any it must succeed, with some it must fail by
// one of them and change nothing, so no order of checks is asked for that no standard gives. Then the model's own memory
// is changed as the call had to; what no model can know (inode numbers, times, random bytes, cookies) is taken over after
// it was checked for what is known of it.
// Calls on paths are in model-paths.ts, on descriptors in model-descriptors.ts.

import { DIRECTORY_RIGHTS, SEEKABLE_RIGHTS } from '../../runtime/abi/wasi/rights.ts';
import { RIGHTS } from '../../runtime/abi/wasi/types.ts';
import { descriptorCalls } from './model-descriptors.ts';
import { pathCalls } from './model-paths.ts';
import type { ModelDirectory, ModelFile, ModelNode } from './model-tree.ts';

const PATH_MAX = 4096;
const READING = RIGHTS.FD_READ | RIGHTS.FD_READDIR;
const WRITING = RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE;
/** Of a process when nothing else is said: Linux's soft RLIMIT_NOFILE. */
const DESCRIPTORS = 1024;

export interface ModelDescription {
  readonly node: ModelDirectory | ModelFile;
  offset: number;
  /** WASI's fdflags. */
  flags: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  base: number;
  inheriting: number;
}

/** What holds of the file system beneath, and where it departs from the one in memory. */
export interface ModelTraits {
  readonly isReadOnly?: boolean;
  /** A call that stores may find no room, or room for a part. */
  readonly mayBeFull?: boolean;
  /** Staged files are there, by path from the first preopened directory; they have no name in a directory. */
  readonly staged?: ReadonlyMap<string, ModelFile>;
  /** A directory's link count and what a file's times become are the host's. */
  readonly isHost?: boolean;
}

export class Mismatch extends Error {}

export class Model {
  /** What the guest's memory must be. */
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** What it is. */
  readonly actual: Uint8Array;
  readonly actualView: DataView;
  readonly descriptors = new Map<number, ModelDescription>();
  readonly preopens = new Map<number, string>();
  readonly traits: ModelTraits;
  /** Inode numbers as they were seen: one each, for good. */
  readonly #numbers = new Map<ModelNode, bigint>();
  readonly #nodes = new Map<bigint, ModelNode>();
  #faults = new Set<string>();

  constructor(actual: Uint8Array, preopens: readonly [string, ModelDirectory][], traits: ModelTraits = {}) {
    this.memory = new Uint8Array(actual.length);
    this.view = new DataView(this.memory.buffer);
    this.actual = actual;
    this.actualView = new DataView(actual.buffer, actual.byteOffset, actual.byteLength);
    this.traits = traits;
    for (const [i, [name, node]] of preopens.entries()) {
      const rights = { base: 0x3fff_ffff, inheriting: 0x3fff_ffff };
      this.descriptors.set(i, { node, offset: 0, flags: 0, isReadable: true, isWritable: false, ...rights });
      this.preopens.set(i, name);
    }
  }

  /** Errors: Mismatch, with what is otherwise. */
  step(name: string, args: readonly (number | bigint)[], errno: string): void {
    const call = descriptorCalls[name] ?? pathCalls[name];
    if (call === undefined) throw new Error(`the model has no ${name}`);
    this.#faults = new Set();
    const apply = call(this, ...(args as never[]));
    const faults = this.#faults;
    const may = new Set([...faults].filter((fault) => fault.startsWith('?')).map((fault) => fault.slice(1)));
    const must = [...faults].filter((fault) => !fault.startsWith('?'));
    if (errno === 'OK') {
      if (must.length > 0) throw new Mismatch(`OK instead of ${must.join(' or ')}`);
      apply?.();
    } else if (!must.includes(errno) && !may.has(errno)) {
      throw new Mismatch(`${errno} instead of ${must.join(' or ') || 'OK'}`);
    }
  }

  // For the calls.

  /** Notes a reason to fail; one that begins with `?` may be one. */
  fault(name: string, holds = true): void {
    if (holds) this.#faults.add(name);
  }
  get hasFaults(): boolean {
    for (const fault of this.#faults) if (!fault.startsWith('?')) return true;
    return false;
  }

  /** The description behind a descriptor that has a right. */
  description(fd: number, right: number): ModelDescription | undefined {
    const description = this.descriptors.get(fd);
    if (description === undefined) this.fault('EBADF');
    else {
      this.fault('ENOTCAPABLE', (this.rightsOf(description) & right) !== right);
      this.#removedOnHost(description);
    }
    return description;
  }

  /**
   * Linux works on with a directory that was removed while it was open, or says ENOENT. One of a host is found by its way
   * down, and then no more.
   */
  #removedOnHost({ node }: ModelDescription): void {
    this.fault('?ESTALE', this.traits.isHost === true && node.type === 'directory' && node.isRemoved);
  }

  directory(fd: number, right: number): { description: ModelDescription; node: ModelDirectory } | undefined {
    const description = this.descriptors.get(fd);
    if (description === undefined) this.fault('EBADF');
    else if (description.node.type !== 'directory') this.fault('ENOTDIR');
    else {
      this.fault('ENOTCAPABLE', (this.rightsOf(description) & right) !== right);
      this.#removedOnHost(description);
      return { description, node: description.node };
    }
    return undefined;
  }

  rightsOf({ node, base, isReadable, isWritable }: ModelDescription): number {
    if (node.type === 'directory') return base & DIRECTORY_RIGHTS;
    const lacking = (isReadable ? 0 : RIGHTS.FD_READ) | (isWritable ? 0 : WRITING);
    return base & SEEKABLE_RIGHTS & ~lacking;
  }

  inheritingOf({ node, inheriting }: ModelDescription): number {
    return node.type === 'directory' ? inheriting : 0;
  }

  accessOf(rights: number): { isReadable: boolean; isWritable: boolean } {
    const isWritable = (rights & WRITING) !== 0;
    return { isReadable: !isWritable || (rights & READING) !== 0, isWritable };
  }

  contains(address: number, length: number): boolean {
    const isInside = (address >>> 0) + length <= this.memory.length;
    this.fault('EFAULT', !isInside);
    return isInside;
  }

  /** A path that the guest gives, as a byte string. */
  path(address: number, length: number): string | undefined {
    const count = length >>> 0;
    if (!this.contains(address, count)) return undefined;
    this.fault('ENAMETOOLONG', count >= PATH_MAX);
    if (count >= PATH_MAX) return undefined;
    const start = address >>> 0;
    const text = String.fromCharCode(...this.memory.subarray(start, start + count));
    this.fault('EINVAL', text.includes('\0'));
    return text.includes('\0') ? undefined : text;
  }

  lowestFree(): number | undefined {
    for (let fd = 0; fd < DESCRIPTORS; fd++) if (!this.descriptors.has(fd)) return fd;
    return undefined;
  }

  /** Bytes that the call has stored and no model can foresee. */
  adopt(address: number, length: number): void {
    const start = address >>> 0;
    this.memory.set(this.actual.subarray(start, start + length), start);
  }

  store32(address: number, value: number): void {
    this.view.setUint32(address >>> 0, value, true);
  }
  store64(address: number, value: number | bigint): void {
    this.view.setBigUint64(address >>> 0, BigInt(value), true);
  }

  /** A node has one number, and no other node has it while it exists. */
  checkNumber(node: ModelNode, number: bigint): void {
    const known = this.#numbers.get(node);
    if (known !== undefined && known !== number) throw new Mismatch(`inode ${number} was ${known} before`);
    const other = this.#nodes.get(number);
    if (other !== undefined && other !== node && other.nlink > 0) throw new Mismatch(`inode ${number} is two files'`);
    this.#numbers.set(node, number);
    this.#nodes.set(number, node);
  }

  /** Compares a range of memory whole. */
  compare(from: number, to: number): void {
    const [actual, expected] = [this.actual.subarray(from, to), this.memory.subarray(from, to)];
    if (Buffer.compare(actual, expected) === 0) return;
    const at = actual.findIndex((byte, i) => byte !== expected[i]);
    throw new Mismatch(`memory differs at ${from + at}: ${actual[at]} instead of ${expected[at]}`);
  }
}

/** A call of the model: notes its faults, and returns what it does when it succeeds. */
export type ModelCall = (model: Model, ...args: never[]) => (() => void) | undefined;
