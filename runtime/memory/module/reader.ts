// A bounds-checked cursor over a range of a module: integers in LEB128, names, byte strings, counts.
// Every step outside the range is a ModuleError; nothing here allocates by a number read from the file.
// Source: WebAssembly core specification, 5.2.

import { ModuleError } from './errors.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads `bytes` from `offset` up to `end`; `where` names the range in messages. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly where: string;
  offset: number;

  constructor(bytes: Uint8Array, offset: number, end: number, where: string) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.where = where;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Builds the error for what stands at the cursor. */
  malformed(problem: string): ModuleError {
    const at = `0x${this.offset.toString(16)}`;
    return new ModuleError(
      'ENOEXEC',
      `invalid module: ${problem} in the ${this.where} at byte ${at}; build or download the file again`,
    );
  }

  byte(): number {
    const value = this.offset < this.end ? this.bytes[this.offset] : undefined;
    if (value === undefined) throw this.malformed('unexpected end');
    this.offset++;
    return value;
  }

  /** Reads an unsigned LEB128 integer of 32 bits; its fifth byte may carry four bits only. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) throw this.malformed('an integer longer than 32 bits');
    return (value | (last << 28)) >>> 0;
  }

  /** Skips a signed LEB128 integer of 32 or 64 bits, whose unused last bits must repeat the sign. */
  skipSigned(bits: 32 | 64): void {
    const fullBytes = Math.floor(bits / 7);
    for (let i = 0; i < fullBytes; i++) if (this.byte() < 0x80) return;
    const last = this.byte();
    const unusedMask = (0x7f << ((bits % 7) - 1)) & 0x7f;
    const unused = last & unusedMask;
    if (last > 0x7f || (unused !== 0 && unused !== unusedMask)) {
      throw this.malformed(`an integer longer than ${bits} bits`);
    }
  }

  /** Moves past `length` bytes and returns where they began. */
  skip(length: number): number {
    if (length > this.remaining) throw this.malformed(`${length} bytes wanted where ${this.remaining} are left`);
    const start = this.offset;
    this.offset += length;
    return start;
  }

  /** Reads the count of a vector whose entries take at least `entryBytes` each, so that a count never outruns the file. */
  count(entryBytes: number, limit: number, what: string): number {
    const count = this.u32();
    if (count > Math.floor(this.remaining / entryBytes)) {
      throw this.malformed(`${count} ${what} declared where ${this.remaining} bytes are left`);
    }
    if (count > limit) {
      throw new ModuleError(
        'ENOEXEC',
        `unsupported module: ${count} ${what}, the limit is ${limit}; split the program`,
      );
    }
    return count;
  }

  /** Reads a name of at most `maximumBytes`, which must be UTF-8. */
  name(maximumBytes: number): string {
    const length = this.u32();
    if (length > maximumBytes) throw this.malformed(`a name of ${length} bytes (the limit is ${maximumBytes})`);
    const start = this.skip(length);
    const text = asciiOf(this.bytes, start, start + length);
    if (text !== undefined) return text;
    try {
      return decoder.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw this.malformed('a name that is not UTF-8');
    }
  }

  /** Demands that the range is used up. */
  finish(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes left over`);
  }
}

// A TextDecoder call costs about a microsecond; most names are short ASCII, and a module has thousands.
function asciiOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > 64) return undefined;
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0x80;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
