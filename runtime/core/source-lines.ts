// Finds the source line of a place in a guest's code, for backtraces: from the line tables that a compiler leaves with -g. They are
// read when the first trap of a program wants them. A guest may have written anything there: what cannot be read gives no line.
// Source: DWARF 2 to 5, section 6.2; tool conventions, "DWARF for WebAssembly" (addresses count from the code section's contents).

import { EDIT_MAP_SECTION, originalCodeOffset, readEditMap } from '../memory/module/index.ts';

/** `file.c:12`, of an offset in the module; undefined: nothing tells. */
export type LocateSource = (offset: number) => string | undefined;

/** The lowest addresses and the highest are those of functions that the linker has left out. */
const TOMBSTONE = 0xffff_fffe;
const FILES_MOST = 65_536;
const FORM = {
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  data1: 0x0b,
  strp: 0x0e,
  udata: 0x0f,
  data16: 0x1e,
  lineStrp: 0x1f,
} as const;
const CONTENT = { path: 1, directory: 2 } as const;

/** Whether it tells lines at all is known without reading them. */
export function sourceLocator(module: WebAssembly.Module): LocateSource {
  const found = new Map<number, string | undefined>();
  return (offset) => {
    if (!found.has(offset)) found.set(offset, locate(module, offset));
    return found.get(offset);
  };
}

function locate(module: WebAssembly.Module, offset: number): string | undefined {
  const lines = sectionOf(module, '.debug_line');
  const edits = sectionOf(module, EDIT_MAP_SECTION);
  if (lines === undefined || edits === undefined) return undefined;
  const strings = { lineStrp: sectionOf(module, '.debug_line_str'), strp: sectionOf(module, '.debug_str') };
  try {
    const address = originalCodeOffset(readEditMap(edits), offset);
    const reader = new Reader(lines);
    while (!reader.isAtEnd) {
      const line = lineInUnit(reader.unit(), address, strings);
      if (line !== undefined) return line;
    }
  } catch {
    // Damaged: as if it were not there.
  }
  return undefined;
}

function sectionOf(module: WebAssembly.Module, name: string): Uint8Array | undefined {
  const [contents] = WebAssembly.Module.customSections(module, name);
  return contents === undefined ? undefined : new Uint8Array(contents);
}

interface Strings {
  readonly lineStrp: Uint8Array | undefined;
  readonly strp: Uint8Array | undefined;
}

/** The names of directories and files, by the numbers that the unit's program uses. */
interface FileNames {
  readonly directories: readonly string[];
  readonly files: readonly { readonly name: string; readonly directory: number }[];
}

function lineInUnit(reader: Reader, address: number, strings: Strings): string | undefined {
  const version = reader.u16();
  if (version < 2 || version > 5) return undefined;
  if (version >= 5) reader.skip(2); // sizes of addresses and selectors
  const program = reader.u32() + reader.offset;
  const leastLength = reader.u8();
  if (version >= 4) reader.skip(1); // operations an instruction
  reader.skip(1); // whether rows are statements
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  const lengths = Array.from({ length: opcodeBase - 1 }, () => reader.u8());
  const names = version >= 5 ? names5(reader, strings) : names4(reader);
  reader.offset = program;
  const row = rowOf(reader, address, { leastLength, lineBase, lineRange, opcodeBase, lengths });
  return row && nameOf(names, row.file, row.line);
}

function nameOf({ directories, files }: FileNames, file: number, line: number): string | undefined {
  const found = files[file];
  if (found === undefined || line === 0) return undefined;
  // Directory 0 is where the compiler ran.
  const directory = found.directory === 0 ? undefined : directories[found.directory];
  const path = directory === undefined || found.name.startsWith('/') ? found.name : `${directory}/${found.name}`;
  return `${path}:${line}`;
}

function names4(reader: Reader): FileNames {
  const directories = [''];
  for (let name = reader.text(); name !== ''; name = reader.text()) directories.push(name);
  const files = [{ name: '', directory: 0 }];
  for (let name = reader.text(); name !== ''; name = reader.text()) {
    files.push({ name, directory: reader.uleb() });
    reader.uleb(); // its time
    reader.uleb(); // and length
  }
  return { directories, files };
}

function names5(reader: Reader, strings: Strings): FileNames {
  const directories = entries5(reader, strings).map(({ name }) => name);
  return { directories, files: entries5(reader, strings) };
}

function entries5(reader: Reader, strings: Strings): { name: string; directory: number }[] {
  const formats = Array.from({ length: reader.u8() }, () => [reader.uleb(), reader.uleb()] as const);
  const count = reader.uleb();
  if (count > FILES_MOST) throw new RangeError('so many files');
  return Array.from({ length: count }, () => {
    const entry = { name: '', directory: 0 };
    for (const [content, form] of formats) {
      const value = formValue(reader, form, strings);
      if (content === CONTENT.path) entry.name = String(value);
      if (content === CONTENT.directory) entry.directory = Number(value);
    }
    return entry;
  });
}

function formValue(reader: Reader, form: number, { lineStrp, strp }: Strings): string | number {
  switch (form) {
    case FORM.string:
      return reader.text();
    case FORM.lineStrp:
      return new Reader(lineStrp ?? new Uint8Array(1), reader.u32()).text();
    case FORM.strp:
      return new Reader(strp ?? new Uint8Array(1), reader.u32()).text();
    case FORM.udata:
      return reader.uleb();
    case FORM.data1:
      return reader.u8();
    case FORM.data2:
      return reader.u16();
    case FORM.data4:
      return reader.u32();
    case FORM.data8:
      return reader.skip(8);
    case FORM.data16:
      return reader.skip(16);
    case FORM.block:
      return reader.skip(reader.uleb());
    default:
      throw new RangeError(`form ${form}`);
  }
}

interface LineProgram {
  readonly leastLength: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Of standard operations: how many numbers follow. */
  readonly lengths: readonly number[];
}

/** Runs a unit's line program up to the row that covers an address. */
function rowOf(
  reader: Reader,
  wanted: number,
  { leastLength, lineBase, lineRange, opcodeBase, lengths }: LineProgram,
): { readonly file: number; readonly line: number } | undefined {
  let [address, file, line] = [0, 1, 1];
  let [first, before] = [-1, { address: -1, file: 1, line: 1 }];
  let found: { file: number; line: number } | undefined;
  /** Adds a row: the one before it covers what lies between. */
  const row = (isEnd: boolean): void => {
    if (first < 0) first = address;
    const isLive = first > 0 && first < TOMBSTONE && before.address >= 0;
    if (isLive && before.address <= wanted && wanted < address) found ??= { file: before.file, line: before.line };
    before = { address: isEnd ? -1 : address, file, line };
    if (isEnd) [address, file, line, first] = [0, 1, 1, -1];
  };
  const advance = (operations: number): void => {
    address += leastLength * operations;
  };
  while (found === undefined && !reader.isAtEnd) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      advance(Math.floor((opcode - opcodeBase) / lineRange));
      line += lineBase + ((opcode - opcodeBase) % lineRange);
      row(false);
      continue;
    }
    switch (opcode) {
      case 0: {
        const end = reader.uleb() + reader.offset;
        const kind = reader.u8();
        if (kind === 1) row(true);
        if (kind === 2) address = reader.u32();
        reader.offset = end;
        break;
      }
      case 1:
        row(false);
        break;
      case 2:
        advance(reader.uleb());
        break;
      case 3:
        line += reader.sleb();
        break;
      case 4:
        file = reader.uleb();
        break;
      case 8:
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case 9:
        address += reader.u16();
        break;
      default:
        for (let left = lengths[opcode - 1] ?? 0; left > 0; left--) reader.uleb();
    }
  }
  return found;
}

/** A cursor over bytes: every read beyond the end is a RangeError. */
class Reader {
  readonly #view: DataView;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.#view.byteLength;
  }

  /** The next unit, without its length. Its 64-bit format is not for modules of 4 GiB. */
  unit(): Reader {
    const length = this.u32();
    const start = this.skip(length);
    return new Reader(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length));
  }

  u8(): number {
    return this.#view.getUint8(this.offset++);
  }

  i8(): number {
    return this.#view.getInt8(this.offset++);
  }

  u16(): number {
    this.offset += 2;
    return this.#view.getUint16(this.offset - 2, true);
  }

  u32(): number {
    this.offset += 4;
    return this.#view.getUint32(this.offset - 4, true);
  }

  uleb(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return byte >= 0x40 ? value - factor * 128 : value;
    }
  }

  /** Up to a NUL. */
  text(): string {
    const start = this.offset;
    while (this.u8() !== 0);
    return new TextDecoder().decode(
      new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, this.offset - 1 - start),
    );
  }

  /** @returns where it was */
  skip(length: number): number {
    const start = this.offset;
    this.offset += length;
    if (this.offset > this.#view.byteLength) throw new RangeError('beyond the end');
    return start;
  }
}
