// Open files of OPFS: one access handle a file, shared by all that have it open here, since the platform gives it to one
// holder at a time. Shared by all that one worker serves; one thread, whose changes of names come one after the other.
//
// OPFS neither removes nor moves a file that is open, and closing it would let others in. POSIX wants both: so a file that
// is unlinked while it is open moves to a directory of ours, under a name that nobody knows, and is removed when it is
// closed last. What a crash leaves there is removed at the next mount, unless somebody has it open.
//
// Errors are the platform's, thrown (see opfs-errno).

import type { KnownFile, OpfsNames } from './names.ts';
import type { OpfsAccessHandle, OpfsDirectoryHandle, OpfsPlatform } from './platform.ts';

/** At the origin's root; guests do not see it. */
export const UNLINKED = '.fusedos-unlinked';

const COPY_BYTES = 1 << 20;

export class OpfsFile {
  readonly known: KnownFile;
  /** Undefined when it could not be taken back after a move: somebody else has the file now. */
  access: OpfsAccessHandle | undefined;
  isWritable: boolean;
  /** Of the last change, in milliseconds since 1970. */
  mtimeMs: number;
  references = 0;
  /** Once it has no name: what it is called among the unlinked. */
  unlinkedName: string | undefined;

  constructor(known: KnownFile, access: OpfsAccessHandle, isWritable: boolean, mtimeMs: number) {
    this.known = known;
    this.access = access;
    this.isWritable = isWritable;
    this.mtimeMs = mtimeMs;
  }
}

export class OpfsFiles {
  readonly platform: OpfsPlatform;
  readonly names: OpfsNames;
  readonly #root: OpfsDirectoryHandle;
  readonly #open = new Map<KnownFile, OpfsFile>();
  /** Removals of files that are closed: nobody waits for them but the end of all. */
  readonly #removals = new Set<Promise<void>>();

  constructor(platform: OpfsPlatform, root: OpfsDirectoryHandle, names: OpfsNames) {
    this.platform = platform;
    this.#root = root;
    this.names = names;
  }

  find(known: KnownFile): OpfsFile | undefined {
    return this.#open.get(known);
  }

  /** Opens a file once more. Errors: NoModificationAllowedError, another worker or tab has it. */
  async acquire(known: KnownFile, writes: boolean): Promise<OpfsFile> {
    let file = this.#open.get(known);
    if (file === undefined) {
      const access = await openAccess(known, writes);
      const { lastModified } = await known.handle.getFile();
      file = new OpfsFile(known, access, writes || access.mode !== 'read-only', lastModified);
      this.#open.set(known, file);
      known.uses++;
    } else if (writes && !file.isWritable) await this.#makeWritable(file);
    file.references++;
    return file;
  }

  /** Takes a file that was just made. Errors: as `acquire`. */
  async acquireNew(known: KnownFile): Promise<OpfsFile> {
    const file = new OpfsFile(known, await openAccess(known, true), true, this.platform.now());
    this.#open.set(known, file);
    known.uses++;
    file.references++;
    return file;
  }

  release(file: OpfsFile): void {
    if (--file.references > 0) return;
    file.access?.close();
    file.access = undefined;
    this.#open.delete(file.known);
    file.known.uses--;
    if (file.unlinkedName !== undefined) this.#removeUnlinked(file.unlinkedName);
  }

  /** Takes its name from a file that is open: it is then among the unlinked. */
  async unlink(file: OpfsFile): Promise<void> {
    const unlinked = await this.#unlinkedDirectory();
    const name = this.platform.uniqueName();
    await this.move(file.known, unlinked, name);
    file.unlinkedName = name;
  }

  /** Moves a file; one that is open is closed for the moment. Errors: NoModificationAllowedError, also without `move`. */
  async move(known: KnownFile, directory: OpfsDirectoryHandle, name: string): Promise<void> {
    const { handle } = known;
    if (handle.move === undefined) throw Object.assign(new Error('no move'), { name: 'NoModificationAllowedError' });
    const file = this.#open.get(known);
    file?.access?.close();
    try {
      await handle.move(directory, name);
      known.handle = await directory.getFileHandle(name);
    } finally {
      if (file !== undefined) file.access = await openAccess(known, file.isWritable).catch(() => undefined);
    }
  }

  /**
   * Lets those who have a file open keep what it holds while its name goes to another: the contents are copied, so that the
   * name is never without a file, whenever the machine stops.
   *
   * @returns what undoes it
   */
  async keepContents(file: OpfsFile): Promise<() => Promise<void>> {
    const { known, access: original, isWritable } = file;
    const unlinked = await this.#unlinkedDirectory();
    const name = this.platform.uniqueName();
    const handle = await unlinked.getFileHandle(name, { create: true });
    const copy = await handle.createSyncAccessHandle();
    try {
      if (original !== undefined) copyContents(original, copy);
    } catch (error) {
      copy.close();
      this.#removeUnlinked(name);
      throw error;
    }
    const originalHandle = known.handle;
    original?.close();
    Object.assign(file, { access: copy, isWritable: true, unlinkedName: name });
    known.handle = handle;
    return async () => {
      copy.close();
      known.handle = originalHandle;
      const access = await openAccess(known, isWritable).catch(() => undefined);
      Object.assign(file, { access, isWritable, unlinkedName: undefined });
      this.#removeUnlinked(name);
    };
  }

  /** Removes what a crash has left among the unlinked. */
  async sweep(): Promise<void> {
    const unlinked = await this.#root.getDirectoryHandle(UNLINKED).catch(() => undefined);
    if (unlinked === undefined) return;
    const names: string[] = [];
    for await (const [name] of unlinked.entries()) names.push(name);
    // Refused: another machine has it open.
    for (const name of names) await unlinked.removeEntry(name).catch(() => {});
  }

  /** @returns when what was closed is gone */
  async settle(): Promise<void> {
    await Promise.all(this.#removals);
  }

  async #makeWritable(file: OpfsFile): Promise<void> {
    file.access?.close();
    try {
      file.access = await openAccess(file.known, true);
      file.isWritable = true;
    } catch (error) {
      file.access = await openAccess(file.known, false).catch(() => undefined);
      throw error;
    }
  }

  #unlinkedDirectory(): Promise<OpfsDirectoryHandle> {
    return this.#root.getDirectoryHandle(UNLINKED, { create: true });
  }

  #removeUnlinked(name: string): void {
    const remove = async (): Promise<void> => (await this.#unlinkedDirectory()).removeEntry(name);
    // What stays is removed by the next `sweep`.
    const removal = remove()
      .catch(() => {})
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}

function openAccess({ handle }: KnownFile, writes: boolean): Promise<OpfsAccessHandle> {
  return handle.createSyncAccessHandle({ mode: writes ? 'readwrite' : 'read-only' });
}

function copyContents(from: OpfsAccessHandle, to: OpfsAccessHandle): void {
  const size = from.getSize();
  const bytes = new Uint8Array(Math.min(size, COPY_BYTES));
  for (let done = 0; done < size; ) {
    const count = from.read(bytes, { at: done });
    if (count === 0) return;
    to.write(bytes.subarray(0, count), { at: done });
    done += count;
  }
}
