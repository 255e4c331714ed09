// Text as bytes and back, by Node's names of encodings and to its results, without Buffer: pages have none. Bytes are the
// caller's or our own, never memory that guests share. What Buffer does with wrong input is done here too.
// See: Node.js documentation, "Buffers and character encodings".

import { invalidValue } from '../values/arguments.ts';

export type Encoding =
  | 'utf8'
  | 'utf-8'
  | 'utf16le'
  | 'utf-16le'
  | 'ucs2'
  | 'ucs-2'
  | 'latin1'
  | 'binary'
  | 'ascii'
  | 'hex'
  | 'base64'
  | 'base64url';

type Plain = 'utf8' | 'utf16le' | 'latin1' | 'ascii' | 'hex' | 'base64' | 'base64url';

const PLAIN: ReadonlyMap<string, Plain> = new Map([
  ['utf8', 'utf8'],
  ['utf-8', 'utf8'],
  ['utf16le', 'utf16le'],
  ['utf-16le', 'utf16le'],
  ['ucs2', 'utf16le'],
  ['ucs-2', 'utf16le'],
  ['latin1', 'latin1'],
  ['binary', 'latin1'],
  ['ascii', 'ascii'],
  ['hex', 'hex'],
  ['base64', 'base64'],
  ['base64url', 'base64url'],
]);

/** Characters that are made by one call. */
const RUN = 8192;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** By the code of a character: its six bits; of both alphabets. */
const SEXTETS = new Map<number, number>([...DIGITS].map((digit, value) => [digit.charCodeAt(0), value]));
SEXTETS.set('-'.charCodeAt(0), 62);
SEXTETS.set('_'.charCodeAt(0), 63);

/**
 * The encoding that a caller has named, in any case; undefined: none, as of what is false.
 *
 * Errors: ERR_INVALID_ARG_VALUE.
 */
export function encodingOf(value: unknown, name = 'encoding'): Encoding | undefined {
  if (!value) return undefined;
  const plain = typeof value === 'string' ? PLAIN.get(value.toLowerCase()) : undefined;
  if (plain === undefined) throw invalidValue(name, value, 'is invalid encoding');
  return plain;
}

export function encodeText(text: string, encoding: Encoding = 'utf8'): Uint8Array<ArrayBuffer> {
  switch (plainOf(encoding)) {
    case 'utf8':
      return new TextEncoder().encode(text);
    case 'utf16le': {
      const bytes = new Uint8Array(2 * text.length);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
      return bytes;
    }
    case 'latin1':
    case 'ascii': {
      const bytes = new Uint8Array(text.length);
      for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
      return bytes;
    }
    case 'hex':
      return encodeHex(text);
    case 'base64':
    case 'base64url':
      return encodeBase64(text);
  }
}

export function decodeText(bytes: Uint8Array, encoding: Encoding = 'utf8'): string {
  switch (plainOf(encoding)) {
    case 'utf8':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'utf16le': {
      const units = new Uint16Array(bytes.length >> 1);
      for (let i = 0; i < units.length; i++) {
        units[i] = (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8);
      }
      return charactersOf(units);
    }
    case 'latin1':
      return charactersOf(bytes);
    case 'ascii':
      return charactersOf(bytes.map((byte) => byte & 0x7f));
    case 'hex': {
      let text = '';
      for (const byte of bytes) text += HEX[byte];
      return text;
    }
    case 'base64':
      return decodeBase64(bytes);
    case 'base64url':
      return decodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }
}

/** Decodes bytes that come in pieces: what is cut by the end of a piece comes with the next. */
export class TextPieces {
  readonly #encoding: Encoding;
  readonly #utf8: TextDecoder | undefined;
  /** Bytes that make a whole number of characters. */
  readonly #unit: number;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(encoding: Encoding) {
    const plain = plainOf(encoding);
    this.#encoding = plain;
    this.#utf8 = plain === 'utf8' ? new TextDecoder('utf-8', { ignoreBOM: true }) : undefined;
    this.#unit = plain === 'utf16le' ? 2 : plain === 'base64' || plain === 'base64url' ? 3 : 1;
  }

  write(piece: Uint8Array): string {
    if (this.#utf8 !== undefined) return this.#utf8.decode(piece, { stream: true });
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const whole = bytes.length - (bytes.length % this.#unit);
    this.#rest = bytes.slice(whole);
    return decodeText(bytes.subarray(0, whole), this.#encoding);
  }

  end(): string {
    return this.#utf8 === undefined ? decodeText(this.#rest, this.#encoding) : this.#utf8.decode();
  }
}

function plainOf(encoding: Encoding): Plain {
  return PLAIN.get(encoding) ?? 'utf8';
}

function charactersOf(codes: Uint8Array | Uint16Array): string {
  let text = '';
  for (let at = 0; at < codes.length; at += RUN) {
    text += String.fromCharCode.apply(null, codes.subarray(at, at + RUN) as unknown as number[]);
  }
  return text;
}

/** As Buffer: ends before the first pair that is none. */
function encodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) {
    const pair = text.slice(2 * i, 2 * i + 2);
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) return bytes.slice(0, i);
    bytes[i] = Number.parseInt(pair, 16);
  }
  return bytes;
}

/** As Buffer: of either alphabet, ends at `=`, passes over what is no digit. */
function encodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let used = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3d) break;
    const sextet = SEXTETS.get(code);
    if (sextet === undefined) continue;
    bits = ((bits << 6) | sextet) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[used++] = bits >> count;
  }
  return bytes.slice(0, used);
}

function decodeBase64(bytes: Uint8Array): string {
  let text = '';
  // Of a multiple of three bytes no piece is padded.
  for (let at = 0; at < bytes.length; at += 3 * RUN) text += btoa(charactersOf(bytes.subarray(at, at + 3 * RUN)));
  return text;
}
