// What passes between a machine and its compile worker: sources there, programs and diagnostics back. Types only, so that a
// machine that compiles nothing loads nothing.

export type SourceLanguage = 'c' | 'c++' | 'assemblyscript';

/** One thing that a compiler says. */
export interface Diagnostic {
  /** As the caller named it; undefined: of no file, as the linker's. */
  readonly file: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  /** From 1. */
  readonly column: number | undefined;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
}

/** How far a compile is. */
export interface CompileProgress {
  readonly phase: 'fetching' | 'compiling' | 'linking';
  /** Bytes, while fetching. */
  readonly loaded?: number;
  /** Absent when the server does not tell. */
  readonly total?: number;
}

export interface SourceRequest {
  readonly language: SourceLanguage;
  /** By name; relative, without `..`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Those that are compiled; others are included or imported. Of AssemblyScript the entries. */
  readonly units: readonly string[];
  /** Options of clang or asc. */
  readonly args: readonly string[];
  /** Where the compiler is, if not where it is installed: a folder of clang's files, the module of asc. */
  readonly compiler: string | undefined;
}

export type ToCompiler = { readonly type: 'compile' } & SourceRequest;

export type FromCompiler =
  | { readonly type: 'progress'; readonly progress: CompileProgress }
  | ({ readonly type: 'compiled' } & SourceBuild)
  /** There is no compiler, or a bug. */
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string };

export interface SourceBuild {
  /** Absent when the sources do not compile. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** All that the compiler wrote. */
  readonly text: string;
}
