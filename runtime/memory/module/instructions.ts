// Steps over single instructions of a function body, so that one can be found without taking bytes of another's immediate for
// it. Knows all that a module can use which features.ts admits; the rest is refused. What an instruction means, and whether it
// stands where it may, is the engine’s to judge. Called by code.ts.
// Source: WebAssembly core specification 3.0, 5.4; threads proposal; legacy exception handling.

import { refusal, unknownEncoding } from './features.ts';
import type { ByteReader } from './reader.ts';

/** The prefix of bulk memory and table instructions, among others. */
export const BULK_PREFIX = 0xfc;

/** By the number behind BULK_PREFIX. */
export const BULK = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

const NUMERIC_FIRST = 0x45;
const NUMERIC_LAST = 0xc4;
const SATURATING_LAST = 7;
/** Bit of a memory instruction's alignment that says that the number of its memory follows. */
const HAS_MEMORY = 0x40;

/** Steps over the locals that a body begins with. */
export function skipLocals(reader: ByteReader): void {
  for (let left = reader.u32(); left > 0; left--) {
    reader.u32();
    reader.byte();
  }
}

/**
 * Steps over an instruction.
 *
 * Errors: ModuleError ENOEXEC: the body ends within it, or it is none that a program may use.
 */
export function skipInstruction(reader: ByteReader): void {
  const opcode = reader.byte();
  if (opcode >= NUMERIC_FIRST && opcode <= NUMERIC_LAST) return;
  if (opcode >= 0x28 && opcode <= 0x3e) return skipMemoryArgument(reader);
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0a: // throw_ref
    case 0x0b: // end
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x06: // try
    case 0x42: // i64.const
    case 0xd0: // ref.null
      return reader.skipSigned(64); // a block's type is a signed number of 33 bits
    case 0x41: // i32.const
      return reader.skipSigned(32);
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x18: // delegate
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0xd2: // ref.func
      return skipIndexes(reader, 1);
    case 0x11: // call_indirect
    case 0x13: // return_call_indirect
      return skipIndexes(reader, 2);
    case 0x0e: // br_table
      return skipIndexes(reader, reader.u32() + 1);
    case 0x1c: // select of a type
      return skipBytes(reader, reader.u32());
    case 0x1f: // try_table
      return skipTryTable(reader);
    case 0x43: // f32.const
      return skipBytes(reader, 4);
    case 0x44: // f64.const
      return skipBytes(reader, 8);
    case BULK_PREFIX:
      return skipBulk(reader);
    case 0xfd:
      return skipVector(reader);
    case 0xfe:
      return skipAtomic(reader);
    case 0xfb:
      throw refusal('a GC instruction', 'build it for linear memory, without WebAssembly GC');
    default:
      throw unknownEncoding('instruction', opcode);
  }
}

function skipBulk(reader: ByteReader): void {
  const number = reader.u32();
  if (number <= SATURATING_LAST) return;
  switch (number) {
    case BULK.dataDrop:
    case BULK.memoryFill:
    case BULK.elemDrop:
    case BULK.tableGrow:
    case BULK.tableSize:
    case BULK.tableFill:
      return skipIndexes(reader, 1);
    case BULK.memoryInit:
    case BULK.memoryCopy:
    case BULK.tableInit:
    case BULK.tableCopy:
      return skipIndexes(reader, 2);
    default:
      throw unknownEncoding('instruction 0xfc', number);
  }
}

/** SIMD, also relaxed. */
function skipVector(reader: ByteReader): void {
  const number = reader.u32();
  if (number <= 11 || number === 92 || number === 93) return skipMemoryArgument(reader); // loads and stores
  if (number === 12 || number === 13) return skipBytes(reader, 16); // v128.const, i8x16.shuffle
  if (number >= 21 && number <= 34) return skipBytes(reader, 1); // lanes
  if (number >= 84 && number <= 91) {
    skipMemoryArgument(reader); // loads and stores of lanes
    return skipBytes(reader, 1);
  }
  if (number > 0x113) throw unknownEncoding('instruction 0xfd', number);
}

function skipAtomic(reader: ByteReader): void {
  const number = reader.u32();
  if (number === 3) return skipBytes(reader, 1); // atomic.fence
  if (number > 0x4e) throw unknownEncoding('instruction 0xfe', number);
  skipMemoryArgument(reader);
}

function skipTryTable(reader: ByteReader): void {
  reader.skipSigned(64);
  for (let left = reader.u32(); left > 0; left--) {
    const kind = reader.byte();
    if (kind > 3) throw unknownEncoding('catch', kind);
    skipIndexes(reader, kind < 2 ? 2 : 1); // with a tag, or any
  }
}

function skipMemoryArgument(reader: ByteReader): void {
  skipIndexes(reader, reader.u32() & HAS_MEMORY ? 2 : 1);
}

function skipIndexes(reader: ByteReader, count: number): void {
  for (let left = count; left > 0; left--) reader.u32();
}

function skipBytes(reader: ByteReader, count: number): void {
  reader.skip(count);
}
