// What is asked of a page's Origin Private File System: the parts of the File System standard that are used, as interfaces,
// so that tests can give another one. `browserOpfs` is the platform's own, in a dedicated worker.
// See: File System Standard, https://fs.spec.whatwg.org; `move` is not in it yet, and every engine has it for files.

/** An exclusive hold on a file's contents, or one shared by readers. All synchronous. */
export interface OpfsAccessHandle {
  /** Undefined in engines that know one mode only, `readwrite`. */
  readonly mode?: string;
  /** @returns bytes read; fewer at the end of the file */
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(from: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

export interface OpfsFileHandle {
  readonly kind: 'file';
  readonly name: string;
  getFile(): Promise<{ readonly size: number; readonly lastModified: number }>;
  createSyncAccessHandle(options?: { readonly mode: 'readwrite' | 'read-only' }): Promise<OpfsAccessHandle>;
  /** Replaces a file of that name, at once. */
  move?(directory: OpfsDirectoryHandle, name: string): Promise<void>;
}

export interface OpfsDirectoryHandle {
  readonly kind: 'directory';
  readonly name: string;
  getFileHandle(name: string, options?: { readonly create: boolean }): Promise<OpfsFileHandle>;
  getDirectoryHandle(name: string, options?: { readonly create: boolean }): Promise<OpfsDirectoryHandle>;
  /** Of a directory: only an empty one. */
  removeEntry(name: string): Promise<void>;
  entries(): AsyncIterable<readonly [string, OpfsFileHandle | OpfsDirectoryHandle]>;
}

export interface OpfsPlatform {
  root(): Promise<OpfsDirectoryHandle>;
  /** Bytes that the origin uses, and may use. */
  estimate(): Promise<{ readonly usage?: number; readonly quota?: number }>;
  /** Runs `change` while nobody else does, in any worker or tab of the origin. */
  exclusively<Result>(change: () => Promise<Result>): Promise<Result>;
  /** A name that nobody else has. */
  uniqueName(): string;
  /** Milliseconds since 1970. */
  now(): number;
}

const LOCK = 'fusedos-opfs';

/** Errors: an Error named NotSupportedError, when the page or the engine has no OPFS with synchronous access. */
export function browserOpfs(): OpfsPlatform {
  const { storage, locks } = navigator;
  const prototype: object = globalThis.FileSystemFileHandle?.prototype ?? {};
  if (storage?.getDirectory === undefined || !('createSyncAccessHandle' in prototype)) {
    throw Object.assign(new Error('no OPFS with synchronous access here'), { name: 'NotSupportedError' });
  }
  return {
    root: async () => (await storage.getDirectory()) as unknown as OpfsDirectoryHandle,
    estimate: () => storage.estimate(),
    exclusively: (change) => locks.request(LOCK, change) as ReturnType<typeof change>,
    uniqueName: () => crypto.randomUUID(),
    now: () => Date.now(),
  };
}
