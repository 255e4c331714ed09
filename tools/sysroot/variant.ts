// The variants in which the libraries are built: for programs of one thread, and, when asked for, for programs with threads.

export interface Variant {
  /** In directory names; empty for the usual one. */
  readonly suffix: string;
  /** Its directory, below `lib`. */
  readonly directory: string;
  /** Of every compile. */
  readonly flags: readonly string[];
}

export const TARGET = 'wasm32-linux-muslwali';

const COMMON = [`--target=${TARGET}`, '-O2', '-mbulk-memory', '-fvisibility=hidden'];

export const SINGLE: Variant = { suffix: '', directory: TARGET, flags: COMMON };

export const THREADED: Variant = {
  suffix: '-threads',
  directory: `${TARGET}/threads`,
  flags: [...COMMON, '-pthread', '-matomics', '-ftls-model=local-exec'],
};
