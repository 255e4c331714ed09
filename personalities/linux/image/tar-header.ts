// The 512-byte header of a tar entry: where its fields stand, how numbers and checksums are written. Bytes only: names stay
// as they are.
//
//     0     100   108  116  124   136    148    156   157      257   263 265    297    329 337 345     500
//     name  mode  uid  gid  size  mtime  check  type  linkname magic ver uname  gname  devices prefix
//
// See: POSIX.1-2024 pax, "ustar Interchange Format"; the GNU tar manual, "Basic Tar Format".

export const BLOCK = 512;
export const NAME = { at: 0, length: 100 } as const;
export const LINK_NAME = { at: 157, length: 100 } as const;
export const PREFIX = { at: 345, length: 155 } as const;
const MODE = { at: 100, length: 8 } as const;
const UID = { at: 108, length: 8 } as const;
const GID = { at: 116, length: 8 } as const;
const SIZE = { at: 124, length: 12 } as const;
const MTIME = { at: 136, length: 12 } as const;
const CHECKSUM = { at: 148, length: 8 } as const;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const DEVICES = [
  { at: 329, length: 8 },
  { at: 337, length: 8 },
] as const;
/** Where Jörg Schilling's star puts its mark; its prefix is shorter. */
const STAR_AT = 508;
const STAR_PREFIX_LENGTH = 131;
const SPACE = 32;
const DIGIT_0 = 48;
/** Most that octal digits hold, by the length of the field: one byte ends them. */
export const OCTAL_MAX = { 8: 8 ** 7 - 1, 12: 8 ** 11 - 1 } as const;

interface Field {
  readonly at: number;
  readonly length: number;
}

export interface HeaderFields {
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly linkName: Uint8Array;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
}

export interface Header extends HeaderFields {
  /** Old archives have neither prefix nor times. */
  readonly format: 'v7' | 'ustar' | 'gnu';
}

/** Stores a ustar header; numbers that do not fit are stored as zero, and belong into a pax header. */
export function encodeHeader(fields: HeaderFields): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  block.set(fields.name, NAME.at);
  block.set(fields.linkName, LINK_NAME.at);
  block.set(fields.prefix, PREFIX.at);
  putOctal(block, MODE, fields.mode);
  putOctal(block, UID, fields.uid);
  putOctal(block, GID, fields.gid);
  putOctal(block, SIZE, fields.size);
  putOctal(block, MTIME, fields.mtime);
  for (const field of DEVICES) putOctal(block, field, 0);
  block[TYPE_AT] = fields.type.charCodeAt(0);
  putText(block, MAGIC_AT, 'ustar\u{0}00');
  putText(block, CHECKSUM.at, `${sumOf(block).toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** @returns the fields; undefined when the checksum is wrong, or a number is none */
export function decodeHeader(block: Uint8Array): Header | undefined {
  const checksum = readNumber(block, CHECKSUM);
  if (checksum !== sumOf(block) && checksum !== signedSumOf(block)) return undefined;
  const mode = readNumber(block, MODE);
  const uid = readNumber(block, UID);
  const gid = readNumber(block, GID);
  const size = readNumber(block, SIZE);
  const mtime = readNumber(block, MTIME);
  if (mode === undefined || uid === undefined || gid === undefined) return undefined;
  if (size === undefined || mtime === undefined) return undefined;
  const magic = latin1(block.subarray(MAGIC_AT, MAGIC_AT + 8));
  const format = magic === 'ustar  \0' ? 'gnu' : magic.startsWith('ustar') ? 'ustar' : 'v7';
  const isStar = latin1(block.subarray(STAR_AT, BLOCK)) === 'tar\0';
  const prefix = { at: PREFIX.at, length: format !== 'ustar' ? 0 : isStar ? STAR_PREFIX_LENGTH : PREFIX.length };
  return {
    name: readText(block, NAME),
    prefix: readText(block, prefix),
    linkName: readText(block, LINK_NAME),
    type: latin1(block.subarray(TYPE_AT, TYPE_AT + 1)),
    mode,
    uid,
    gid,
    size,
    mtime,
    format,
  };
}

export function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Octal digits among spaces and NULs, or GNU's base 256. @returns undefined for anything else */
export function readNumber(block: Uint8Array, { at, length }: Field): number | undefined {
  const first = block[at] as number;
  if ((first & 0x80) !== 0) return readBase256(block.subarray(at, at + length));
  const text = latin1(block.subarray(at, at + length)).replace(/^[ \0]+|[ \0].*$/gs, '');
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Two's complement, most significant byte first; the topmost bit only marks the field. */
function readBase256(bytes: Uint8Array): number | undefined {
  const [first = 0, ...rest] = bytes;
  const isNegative = (first & 0x40) !== 0;
  let value = isNegative ? (first & 0x7f) - 0x80 : first & 0x7f;
  for (const byte of rest) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Up to the first NUL. */
export function readText(block: Uint8Array, { at, length }: Field): Uint8Array {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function putText(block: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) block[at + i] = text.charCodeAt(i);
}

function putOctal(block: Uint8Array, { at, length }: Field, value: number): void {
  const digits = length - 1;
  const fits = value >= 0 && value < 8 ** digits;
  putText(block, at, (fits ? value : 0).toString(8).padStart(digits, String.fromCharCode(DIGIT_0)));
}

/** The checksum counts its own field as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += isChecksum(i) ? SPACE : (block[i] as number);
  return sum;
}

/** As some old systems computed it. */
function signedSumOf(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += isChecksum(i) ? SPACE : ((block[i] as number) << 24) >> 24;
  return sum;
}

function isChecksum(at: number): boolean {
  return at >= CHECKSUM.at && at < CHECKSUM.at + CHECKSUM.length;
}
