// A program's memory as its embedder sees it, by copy: bytes, arrays of numbers, strings. What both kinds of library have in
// common. Each access asks whose memory it is and how large, since the program may have grown or ended; nothing is handed out
// that would see it later.

import { checkInteger, checkKnown, checkOneOf, checkString, invalidType, outOfRange } from '../values/arguments.ts';
import { viewBytes } from '../values/bytes.ts';

/** `utf8`: C's strings, which end with a NUL. `utf16`: AssemblyScript's, whose length in bytes stands before them. */
export type StringEncoding = 'utf8' | 'utf16';

export interface ReadStringOptions {
  /** Default `utf8`. */
  readonly encoding?: StringEncoding;
  /** In bytes; default: up to the NUL, for `utf16` what AssemblyScript keeps before the string. */
  readonly length?: number;
}

export interface WriteStringOptions {
  /** Default `utf8`, with a NUL at its end; `utf16` are the bare units. */
  readonly encoding?: StringEncoding;
  /** Most bytes that may be written. Default: up to the end of the memory. */
  readonly capacity?: number;
}

/** The class of an array of numbers: `Float64Array` and the like. */
export interface NumberArrayClass<A extends ArrayBufferView> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): A;
}

const ENCODINGS = ['utf8', 'utf16'] as const;
/** Of what AssemblyScript keeps before an object: its size in bytes is the last word. */
const SIZE_BYTES = 4;

const utf8 = new TextDecoder();
const utf16 = new TextDecoder('utf-16le');
const encoder = new TextEncoder();

export abstract class ProgramMemory {
  /** All of the memory as it is now. Errors: ProgramEndedError; ENOSYS where it is out of reach. */
  protected abstract get bytes(): Uint8Array;

  /** Size of the program's memory in bytes. Errors: ESRCH: the program has ended. */
  get memoryBytes(): number {
    return this.bytes.length;
  }

  /** A copy of a range of the program's memory. Errors: ERR_OUT_OF_RANGE outside of it; ESRCH: the program has ended. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#range(address, length));
  }

  /** Stores the bytes of an array into the program's memory. Errors: as read. */
  write(address: number, from: ArrayBufferView): void {
    const bytes = ArrayBuffer.isView(from) ? viewBytes(from) : undefined;
    if (bytes === undefined) throw invalidType('from', 'an instance of TypedArray or DataView', from);
    this.#range(address, bytes.length).set(bytes);
  }

  /**
   * A copy of numbers: `readArray(Float64Array, address, 3)`. The address may have any alignment.
   *
   * @param count of elements
   *
   * Errors: as read.
   */
  readArray<A extends ArrayBufferView>(type: NumberArrayClass<A>, address: number, count: number): A {
    if (typeof type !== 'function' || !(type.BYTES_PER_ELEMENT > 0)) {
      throw invalidType('type', 'the class of a typed array', type);
    }
    checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER);
    return new type(this.read(address, count * type.BYTES_PER_ELEMENT).buffer);
  }

  /** A string that stands in the program's memory. Errors: as read, also when no NUL follows. */
  readString(address: number, options: ReadStringOptions = {}): string {
    checkKnown('options', options as unknown, ['encoding', 'length']);
    const { encoding = 'utf8', length } = options;
    checkOneOf('options.encoding', encoding, ENCODINGS);
    if (encoding === 'utf16') return utf16.decode(this.read(address, length ?? this.#sizeBefore(address)));
    return utf8.decode(this.read(address, length ?? this.#lengthOf(address)));
  }

  /**
   * Stores a string into the program's memory.
   *
   * @returns how many bytes were written, the NUL included
   *
   * Errors: as read; ERR_OUT_OF_RANGE when it does not fit.
   */
  writeString(address: number, text: string, options: WriteStringOptions = {}): number {
    checkString('text', text);
    checkKnown('options', options as unknown, ['encoding', 'capacity']);
    const { encoding = 'utf8', capacity = Number.MAX_SAFE_INTEGER } = options;
    checkOneOf('options.encoding', encoding, ENCODINGS);
    checkInteger('options.capacity', capacity, 0, Number.MAX_SAFE_INTEGER);
    const bytes = encodeString(text, encoding);
    if (bytes.length > capacity) throw outOfRange('text', `at most ${capacity} bytes`, bytes.length);
    this.write(address, bytes);
    return bytes.length;
  }

  #range(address: number, length: number): Uint8Array {
    const { bytes } = this;
    checkInteger('address', address, 0, bytes.length);
    checkInteger('length', length, 0, bytes.length - address);
    return bytes.subarray(address, address + length);
  }

  /** Up to the NUL. */
  #lengthOf(address: number): number {
    const { bytes } = this;
    checkInteger('address', address, 0, bytes.length);
    const end = bytes.indexOf(0, address);
    if (end < 0) throw outOfRange('address', 'that of a string with a NUL at its end', address);
    return end - address;
  }

  /** What AssemblyScript says of an object's size. */
  #sizeBefore(address: number): number {
    checkInteger('address', address, SIZE_BYTES, this.bytes.length);
    const { buffer } = this.read(address - SIZE_BYTES, SIZE_BYTES);
    return new DataView(buffer).getUint32(0, true);
  }
}

/** A string as the program has it. */
export function encodeString(text: string, encoding: StringEncoding): Uint8Array<ArrayBuffer> {
  if (encoding === 'utf8') return encoder.encode(`${text}\0`);
  const units = new Uint8Array(2 * text.length);
  const view = new DataView(units.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return units;
}
