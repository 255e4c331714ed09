// One line for one call, in the manner of strace(1), from its row alone: no code here knows a call. For traces and for the
// report of a bug; slow, so never on the path of a call that is not traced. Guest bytes are escaped for a terminal.
// Guest memory may change while it is read, and a pointer may point anywhere: everything is checked and copied.

import { Errno, errnoName } from '../abi/errno.ts';
import type { NamedType } from '../abi/named-type.ts';
import { NAMED_TYPES } from '../abi/named-types.ts';
import type { Param, Row } from '../abi/row.ts';
import { STRUCT_SIZES, type StructName } from '../abi/structs.ts';
import { ASSEMBLYSCRIPT_STRING } from '../abi/wasi/structs.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';

/** How many bytes (or UTF-16 units) of a text are shown. */
export const SHOWN_TEXT = 32;

/** An argument as the guest gave it. */
export type RawArgument = number | bigint;

/** A call that has returned. */
export interface ReturnedCall {
  readonly row: Row;
  /** As the guest gave them, signed or not. */
  readonly args: readonly RawArgument[];
  readonly memory: GuestMemory;
  /**
   * What the handler returned: a value or −errno, for a `number` row its number; not read for rows without a result. Undefined when
   * it did not return.
   */
  readonly result: number | undefined;
}

/** Renders a call: `fd_read(fd=4, iovs=0x400, iovs_len=1, nread=0x410 [5]) = 0 ESUCCESS`. */
export function renderCall(call: ReturnedCall): string {
  const params = call.row.params.map((param, index) => `${param.name}=${renderArgument(call, param, index)}`);
  return `${call.row.name}(${params.join(', ')})${renderResult(call)}`;
}

/** Bytes as a quoted text that is safe on any terminal, cut to SHOWN_TEXT: ASCII stays, all else is `\n` or `\xNN`. */
export function quoteBytes(bytes: Uint8Array): string {
  return quote(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`);
}

/** As quoteBytes, for UTF-16 units, with `\uNNNN`. */
export function quoteUtf16(units: Uint16Array): string {
  return quote(units, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
}

function renderResult({ row, result }: ReturnedCall): string {
  if (result === undefined) return ' = ?';
  switch (row.result) {
    case 'errno':
      return ` = ${-result} ${result === Errno.SUCCESS ? 'ESUCCESS' : errnoName(-result)}`;
    case 'value':
    case 'value64':
      return ` = ${result}${result < 0 ? ` ${errnoName(-result)}` : ''}`;
    case 'number':
      return ` = ${result}`;
    case 'never':
      return ' = ?';
    case 'none':
      return '';
  }
}

function renderArgument(call: ReturnedCall, param: Param, index: number): string {
  const raw = call.args[index];
  if (raw === undefined) return '?';
  switch (param.kind) {
    case 'fd':
    case 's32':
      return String(Number(raw) | 0);
    case 'f64':
    case 'long':
      return String(raw);
    case 'size':
      return String(Number(raw) >>> 0);
    case 's64':
      return String(BigInt.asIntN(64, BigInt(raw)));
    case 'u32':
      return renderNumber(BigInt.asUintN(32, BigInt(raw)), param.type);
    case 'u64':
      return renderNumber(BigInt.asUintN(64, BigInt(raw)), param.type);
    case 'ptr':
      return renderPointer(call, param, Number(raw) >>> 0);
  }
}

function renderNumber(value: bigint, type: string | undefined): string {
  const named = type === undefined ? undefined : NAMED_TYPES.get(type);
  if (named === undefined) return String(value);
  return named.form === 'enum' ? renderEnum(value, named) : renderFlags(value, named);
}

function renderEnum(value: bigint, { values }: NamedType): string {
  for (const [name, named] of Object.entries(values)) if (BigInt(named) === value) return name;
  return String(value);
}

function renderFlags(value: bigint, { values }: NamedType): string {
  const names: string[] = [];
  let rest = value;
  for (const [name, bit] of Object.entries(values)) {
    if (bit === 0 || (rest & BigInt(bit)) !== BigInt(bit)) continue;
    names.push(name);
    rest &= ~BigInt(bit);
  }
  if (rest !== 0n || names.length === 0) names.push(rest === 0n ? '0' : `0x${rest.toString(16)}`);
  return names.join('|');
}

function renderPointer(call: ReturnedCall, param: Param, address: number): string {
  const shown = `0x${address.toString(16)}`;
  const written = call.row.result !== 'number' && call.result !== undefined && call.result >= Errno.SUCCESS;
  if (param.direction === 'out' && !written) return shown;
  if (param.to === 'char') return renderText(call, param, address) ?? shown;
  if (param.to === 'utf16') return renderString(call.memory, address) ?? shown;
  if (param.direction !== 'out' || param.count !== undefined || param.to === undefined) return shown;
  const value = readScalar(call.memory, address, param.to);
  return value === undefined ? shown : `${shown} [${value}]`;
}

/** The text at (address, count); undefined when it is outside the memory. */
function renderText(call: ReturnedCall, param: Param, address: number): string | undefined {
  const countIndex = call.row.params.findIndex(({ name }) => name === param.count);
  const length = countIndex < 0 ? 1 : Number(call.args[countIndex]) >>> 0;
  if (!call.memory.contains(address, length)) return undefined;
  return quoteBytes(call.memory.bytes.subarray(address, address + length));
}

/** An AssemblyScript string; undefined when it is outside the memory. */
function renderString(memory: GuestMemory, address: number): string | undefined {
  if (address === 0) return 'null';
  const lengthAddress = address + ASSEMBLYSCRIPT_STRING.byteLength;
  if (lengthAddress < 0 || !memory.contains(lengthAddress, 4)) return undefined;
  const length = memory.readU32(lengthAddress);
  if (!memory.contains(address, length)) return undefined;
  // One more than is shown, so that the cut is seen; an odd last byte is no unit.
  const units = new Uint16Array(Math.min(length >>> 1, SHOWN_TEXT + 1));
  for (let i = 0; i < units.length; i++) units[i] = memory.readU16(address + 2 * i);
  return quoteUtf16(units);
}

/** The number that a call wrote, by its size; undefined for a struct, and outside the memory. */
function readScalar(memory: GuestMemory, address: number, to: StructName): string | undefined {
  if (!SCALARS.has(to) || !memory.contains(address, STRUCT_SIZES[to])) return undefined;
  switch (STRUCT_SIZES[to]) {
    case 2:
      return String(memory.readU16(address));
    case 4:
      return String(memory.readU32(address));
    case 8:
      return String(memory.readU64(address));
    default:
      return undefined;
  }
}

const SCALARS: ReadonlySet<StructName> = new Set(['u32', 'u64', 'size', 'timestamp', 'filesize', 'fd', 'roflags']);

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);

function quote(codes: Uint8Array | Uint16Array, escaped: (code: number) => string): string {
  let text = '';
  for (const code of codes.subarray(0, SHOWN_TEXT)) {
    const printable = code >= 0x20 && code <= 0x7e;
    text += ESCAPES.get(code) ?? (printable ? String.fromCharCode(code) : escaped(code));
  }
  return `"${text}"${codes.length > SHOWN_TEXT ? '...' : ''}`;
}
