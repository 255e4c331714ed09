// Names between bytes and strings. Linux names are bytes; here they are strings, so that maps find them quickly. UTF-8
// becomes what it says; every byte that is not part of valid UTF-8 becomes one lone surrogate U+DC80…U+DCFF, which valid
// UTF-8 never yields, so every name comes back byte by byte. Two different byte names never become one string.
// See: PEP 383 (surrogateescape).

const ESCAPE = 0xdc00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
/** Longest run that is turned into a string by one call with that many arguments. */
const ASCII_RUN = 512;
const SHORT = 64;

/** Decodes bytes that nobody else can change (a copy, not guest memory). */
export function decodeName(bytes: Uint8Array<ArrayBuffer>): string {
  if (bytes.length <= ASCII_RUN && isAscii(bytes)) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** Paths that were decoded lately, by a hash of their bytes. */
const recent = new Array<{ readonly bytes: Uint8Array; readonly text: string } | undefined>(256);
const LONGEST_RECENT = 128;

/**
 * As `decodeName`, of the first bytes of a buffer; a path that was asked for lately is the same string again, which also has
 * its hash already when a directory looks it up.
 */
export function decodePath(buffer: Uint8Array<ArrayBuffer>, length: number): string {
  if (length > LONGEST_RECENT) return decodeName(buffer.subarray(0, length));
  let hash = length;
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + (buffer[i] as number)) | 0;
  const index = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & 0xff;
  const entry = recent[index];
  if (entry !== undefined && startsWith(buffer, entry.bytes, length)) return entry.text;
  const bytes = buffer.slice(0, length);
  const text = decodeName(bytes);
  recent[index] = { bytes, text };
  return text;
}

export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  // Most names are short and ASCII: TextEncoder takes several times as long for them.
  if (name.length <= SHORT) {
    const bytes = new Uint8Array(name.length);
    let i = 0;
    for (; i < name.length; i++) {
      const code = name.charCodeAt(i);
      if (code >= 0x80) break;
      bytes[i] = code;
    }
    if (i === name.length) return bytes;
  }
  if (name.isWellFormed === undefined ? !hasSurrogate(name) : name.isWellFormed()) return encoder.encode(name);
  const out: number[] = [];
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) {
      out.push(code - ESCAPE);
      continue;
    }
    const point = name.codePointAt(i) as number;
    if (point > 0xffff) i++;
    out.push(...encoder.encode(String.fromCodePoint(point)));
  }
  return Uint8Array.from(out);
}

/** Length of a name in bytes. */
export function nameLength(name: string): number {
  let bytes = 0;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 0x80 || (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff)) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}

function startsWith(buffer: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (buffer[i] !== bytes[i]) return false;
  return true;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] as number) >= 0x80) return false;
  }
  return true;
}

function hasSurrogate(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 0xd800 && code < 0xe000) return true;
  }
  return false;
}

function decodeEscaping(bytes: Uint8Array<ArrayBuffer>): string {
  let out = '';
  let i = 0;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) {
      out += String.fromCharCode(ESCAPE + (bytes[i] as number));
      i += 1;
    } else {
      out += strict.decode(bytes.subarray(i, i + length));
      i += length;
    }
  }
  return out;
}

/** Length of the valid UTF-8 sequence at an index, 0 when there is none. */
function sequenceLength(bytes: Uint8Array<ArrayBuffer>, start: number): number {
  const first = bytes[start] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || start + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(start, start + length));
    return length;
  } catch {
    return 0;
  }
}
