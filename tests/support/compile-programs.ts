// Compiles programs for tests by the built compiler. What is compiled is kept in build/cache, so that only the first run takes long.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Compiler, createCompiler, type Language } from '../../runtime/toolchain/service.ts';
import { distDirectory, root } from './built.ts';

export interface ProgramSource {
  readonly language: Language;
  /** In the repository. */
  readonly source: string;
  readonly args: readonly string[];
  /** Where the program goes. */
  readonly file: string;
}

/** In a worker of its own: as many as are made compile at the same time. @param sysroot null: the programs are WASI's */
export function makeCompiler(sysroot: string | null): Promise<Compiler> {
  return createCompiler({
    cacheDir: join(root, 'build/cache'),
    sysroot,
    worker: pathToFileURL(join(distDirectory, 'compile-worker.js')),
  });
}

/** @param sysroot as of makeCompiler */
export async function compilePrograms(sysroot: string | null, programs: readonly ProgramSource[]): Promise<void> {
  const waiting = [...programs];
  const work = async (): Promise<void> => {
    await using compiler = await makeCompiler(sysroot);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { language, source, args, file } = next;
      writeFileSync(file, await compiler.build({ language, source, args, cwd: root }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
}
