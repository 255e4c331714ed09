// Node's builtin modules for the benchmarks, which run nowhere else: node:wasi is one of the hosts that are compared. Taken
// when needed, so that no bundle imports them.

interface Builtins {
  readonly 'node:fs': typeof import('node:fs');
  readonly 'node:os': typeof import('node:os');
  readonly 'node:util': typeof import('node:util');
  readonly 'node:wasi': typeof import('node:wasi');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
}

/** One of Node's builtin modules. */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] {
  return process.getBuiltinModule(id);
}
