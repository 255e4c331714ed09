// The maps of sparse files in tar archives, as GNU tar has written them over time: in the header (old GNU), in the extended
// header (pax 0.0 and 0.1), before the bytes (pax 1.0). The reader of the archive checks the numbers.
// See: the GNU tar manual, "Storing Sparse Files".

import { Errno } from '../../../runtime/abi/errno.ts';
import { LinuxError } from '../kernel/error.ts';
import { latin1, readNumber } from './tar-header.ts';

export interface SparsePart {
  readonly position: number;
  readonly length: number;
}

export interface SparseMap {
  /** Of the whole file. */
  readonly size: number;
  readonly parts: readonly SparsePart[];
}

/** A map in the header, of which more may follow in blocks of its own. */
export interface OldSparseMap {
  readonly size: number;
  readonly parts: SparsePart[];
  goesOn: boolean;
}

const NUMBER = 12;
const IN_HEADER = { at: 386, count: 4, goesOnAt: 482, sizeAt: 483 } as const;
const IN_BLOCK = { at: 0, count: 21, goesOnAt: 504 } as const;
/** Most parts of a file, more than any file system makes: each costs the reader memory, and the archive next to nothing. */
const PARTS_MAX = 1 << 20;
const NEWLINE = '\n';
const DIGITS_MAX = 16;

export function readOldSparse(header: Uint8Array): OldSparseMap {
  const size = readNumber(header, { at: IN_HEADER.sizeAt, length: NUMBER }) ?? -1;
  const map: OldSparseMap = { size, parts: [], goesOn: header[IN_HEADER.goesOnAt] !== 0 };
  addParts(map, header, IN_HEADER);
  return map;
}

export function readOldSparseBlock(map: OldSparseMap, block: Uint8Array): void {
  addParts(map, block, IN_BLOCK);
  map.goesOn = block[IN_BLOCK.goesOnAt] !== 0;
}

/** Offsets and lengths by turns. */
export function readSparseList(numbers: readonly string[]): SparsePart[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * PARTS_MAX) throw damaged();
  const parts: SparsePart[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    parts.push({ position: readDecimal(numbers[i]), length: readDecimal(numbers[i + 1]) });
  }
  return parts;
}

/** Lines of decimal numbers, the first of them how many parts there are; comes in blocks, the last of them filled up. */
export class SparseMapText {
  readonly parts: SparsePart[] = [];
  #rest = '';
  #count: number | undefined;
  #position: number | undefined;

  get isComplete(): boolean {
    return this.parts.length === this.#count;
  }

  push(block: Uint8Array): void {
    const lines = (this.#rest + latin1(block)).split(NEWLINE);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.isComplete) return;
      this.#take(readDecimal(line));
    }
    if (!this.isComplete && this.#rest.length > DIGITS_MAX) throw damaged();
  }

  #take(value: number): void {
    if (this.#count === undefined) {
      if (value > PARTS_MAX) throw damaged();
      this.#count = value;
    } else if (this.#position === undefined) this.#position = value;
    else {
      this.parts.push({ position: this.#position, length: value });
      this.#position = undefined;
    }
  }
}

function addParts(map: OldSparseMap, block: Uint8Array, { at, count }: { at: number; count: number }): void {
  for (let i = 0; i < count; i++) {
    const position = readNumber(block, { at: at + 2 * NUMBER * i, length: NUMBER });
    const length = readNumber(block, { at: at + 2 * NUMBER * i + NUMBER, length: NUMBER });
    if (position === undefined || length === undefined) throw damaged();
    // An empty slot; the mark of a file's end is no part either.
    if (length > 0) map.parts.push({ position, length });
  }
  if (map.parts.length > PARTS_MAX) throw damaged();
}

function readDecimal(text: string | undefined): number {
  if (text === undefined || !/^[0-9]{1,16}$/.test(text)) throw damaged();
  return Number(text);
}

function damaged(): LinuxError {
  return new LinuxError(Errno.EBADMSG, 'restore', undefined, 'the map of a sparse file is damaged');
}
