// How the libraries are built: once, for programs with threads and without. Their operations are atomic and what is a thread's own
// is thread-local; a link without `-pthread` has no shared memory, and one copy of what is thread-local.

export const TARGET = 'wasm32-linux-muslwali';

/** Of every compile. */
export const FLAGS: readonly string[] = [
  ...[`--target=${TARGET}`, '-O2', '-mbulk-memory', '-fvisibility=hidden'],
  ...['-pthread', '-matomics', '-ftls-model=local-exec'],
];
