// Bytes in the forms in which callers have them. Nothing is copied here: who keeps or sends them does that.

/** The bytes of a buffer or of any view on one; undefined: it is neither, or was transferred away. */
export function viewBytes(value: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(value)) {
      // An empty one may have lost its buffer.
      if (value instanceof Uint8Array && value.length > 0) return value;
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    const isBuffer =
      value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer);
    return isBuffer ? new Uint8Array(value) : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
