// Paths as callers give them, and as they are inside: strings in which each byte that is not UTF-8 stands as U+DC80…U+DCFF
// (personalities/linux/vfs/names). node:url is not there in a page, so file: URLs are read here.
// See: Node.js documentation, "File paths"; url.fileURLToPath.

import { decodeName, encodeName } from '../../../personalities/linux/booting-thread.ts';
import { invalidType, invalidValue, withCode } from '../values/arguments.ts';
import { decodeText, type Encoding } from './encodings.ts';

/** A path in the machine's tree; one that is not absolute begins at `/`. */
export type PathLike = string | Uint8Array | URL;

/**
 * @param name of the argument
 *
 * Errors: ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE: it has a NUL. ERR_INVALID_URL_SCHEME, ERR_INVALID_FILE_URL_HOST,
 * ERR_INVALID_FILE_URL_PATH: a URL that is not of a file.
 */
export function pathOf(value: unknown, name = 'path'): string {
  const path = isUrl(value) ? pathOfUrl(value) : isUint8Array(value) ? pathOfBytes(value) : value;
  if (typeof path !== 'string') throw invalidType(name, 'of type string or an instance of Buffer or URL', value);
  if (path.includes('\0')) throw invalidValue(name, value, 'must be a string, Uint8Array, or URL without null bytes');
  // What is no character and stands for no byte either becomes U+FFFD, as it does where names are bytes.
  return isWellFormed(path) ? path : decodeName(encodeName(path));
}

/** A name as a result. @param encoding `buffer`: its bytes */
export function nameAs(name: string, encoding: Encoding | 'buffer' | undefined): string | Uint8Array<ArrayBuffer> {
  if (encoding === undefined || encoding === 'utf8') return name;
  const bytes = encodeName(name);
  return encoding === 'buffer' ? bytes : decodeText(bytes, encoding);
}

/** Of any realm, as Buffers are. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';
}

function pathOfBytes(bytes: Uint8Array): string {
  // A detached one cannot be copied.
  return bytes.length === 0 ? '' : decodeName(new Uint8Array(bytes));
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed === undefined ? !/[\ud800-\udfff]/.test(text) : text.isWellFormed();
}

/** Of any realm, and not what `url.parse` made. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  const url = value as { href?: unknown; protocol?: unknown; auth?: unknown; path?: unknown };
  return Boolean(url.href && url.protocol && url.auth === undefined && url.path === undefined);
}

function pathOfUrl(url: URL): string {
  if (url.protocol !== 'file:') {
    throw withCode(new TypeError('The URL must be of scheme file'), 'ERR_INVALID_URL_SCHEME');
  }
  if (url.hostname !== '') {
    throw withCode(
      new TypeError('File URL host must be "localhost" or empty in the machine’s tree'),
      'ERR_INVALID_FILE_URL_HOST',
    );
  }
  if (/%2f/i.test(url.pathname)) {
    throw withCode(new TypeError('File URL path must not include encoded / characters'), 'ERR_INVALID_FILE_URL_PATH');
  }
  const encoded = new TextEncoder().encode(url.pathname);
  const bytes = new Uint8Array(encoded.length);
  let used = 0;
  for (let i = 0; i < encoded.length; i++) {
    const digits = encoded[i] === 0x25 ? String.fromCharCode(...encoded.subarray(i + 1, i + 3)) : '';
    const isByte = /^[0-9a-fA-F]{2}$/.test(digits);
    bytes[used++] = isByte ? Number.parseInt(digits, 16) : (encoded[i] as number);
    if (isByte) i += 2;
  }
  return decodeName(bytes.slice(0, used));
}
