// Node's builtin modules for the files of runtime/host, fetched when they are needed: one and the same bundle also loads in
// a page, where nobody asks for any. No other folder of the runtime takes builtins.

/** The builtin modules that runtime/host uses. */
interface Builtins {
  readonly 'node:fs': typeof import('node:fs');
  readonly 'node:os': typeof import('node:os');
  readonly 'node:url': typeof import('node:url');
  readonly 'node:v8': typeof import('node:v8');
  readonly 'node:wasi': typeof import('node:wasi');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
}

/** One of Node's builtin modules. Throws where there is no Node. */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] {
  return process.getBuiltinModule(id);
}
