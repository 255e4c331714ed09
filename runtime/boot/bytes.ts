// Bytes in the forms in which callers have them. Nothing is copied here: who keeps or sends them does that.

/** The bytes of a buffer or of any view on one; undefined: it is neither. */
export function viewBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const isBuffer =
    value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer);
  return isBuffer ? new Uint8Array(value) : undefined;
}
