// What a core is told of a guest, and tells at its end, where no memory is shared: part of ../messages.ts.

/** What a guest needs that shared memory would give it. */
export interface UnsharedStart {
  /** Undefined for a program without memory. */
  readonly memory: { readonly initialPages: number; readonly maximumPages: number } | undefined;
  /** All that it can read from descriptor 0. */
  readonly stdin: Uint8Array;
  /** stdout and stderr are one stream. */
  readonly joinsOutput: boolean;
  readonly files: readonly FileCopy[];
}

/** What shared memory would have told. */
export interface UnsharedEnd {
  /** By call number. */
  readonly localCalls: Float64Array;
  readonly memoryPages: number;
  /** How long it has run, in milliseconds. */
  readonly ranMs: number;
  /** Bits of LIMIT. */
  readonly refused: number;
  readonly files: FileChanges;
}

/** A file, directory or symbolic link. Survives a structured clone. */
export interface FileCopy {
  readonly path: string;
  /** Type and permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
  /** Of a regular file. */
  readonly content?: Uint8Array;
  /** Of a symbolic link. */
  readonly target?: string;
}

/** What a program did to the files that it was given. */
export interface FileChanges {
  readonly written: readonly FileCopy[];
  readonly removed: readonly string[];
}
