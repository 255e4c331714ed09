// Bytes that are meant as text but need not be UTF-8, as strings and back: names of files, arguments, variables. What is UTF-8
// becomes what it says; every byte that is not part of valid UTF-8 becomes one lone surrogate U+DC80…U+DCFF, which valid
// UTF-8 never yields, so all comes back byte by byte. Two different runs of bytes never become one string.
// See: PEP 383 (surrogateescape).

const ESCAPE = 0xdc00;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes bytes that nobody else can change (a copy, not guest memory). */
export function decodeEscaped(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** The bytes of a string; a lone surrogate that stands for no byte becomes U+FFFD. */
export function encodeEscaped(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed === undefined ? !hasSurrogate(text) : text.isWellFormed()) return encoder.encode(text);
  const out: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff) {
      out.push(code - ESCAPE);
      continue;
    }
    const point = text.codePointAt(i) as number;
    if (point > 0xffff) i++;
    out.push(...encoder.encode(String.fromCodePoint(point)));
  }
  return Uint8Array.from(out);
}

/** Length of a string in bytes. */
export function escapedLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80 || (code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff)) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
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
