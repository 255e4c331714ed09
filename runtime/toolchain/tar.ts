/**
 * Reads the tar archive of the compiler's headers and libraries. It knows ustar's regular files and nothing else; called by `llvm.ts`.
 * See: POSIX.1 pax, "ustar Interchange Format".
 */

const blockSize = 512;

/** Lists the regular files of an archive; their content is not copied. */
export function* unpackTar(archive: Uint8Array): Generator<{ name: string; content: Uint8Array }> {
  const decoder = new TextDecoder();
  const field = (at: number, length: number): string => {
    // Copied: the archive may be shared memory, which a decoder refuses.
    const bytes = new Uint8Array(archive.subarray(at, at + length));
    const end = bytes.indexOf(0);
    return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
  };
  for (let at = 0; at + blockSize <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(field(at + 124, 12), 8) || 0;
    const type = field(at + 156, 1);
    const prefix = field(at + 345, 155);
    const name = prefix === '' ? field(at, 100) : `${prefix}/${field(at, 100)}`;
    const content = archive.subarray(at + blockSize, at + blockSize + size);
    if (type === '' || type === '0') yield { name, content };
    at += blockSize * (1 + Math.ceil(size / blockSize));
  }
}
