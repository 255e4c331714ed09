// Compiles the chosen apps, on two processors where there are so many; what has not changed comes from build/cache.

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { argsOf, type GuestApp } from '../../guest-apps/catalog.ts';
import { type Compiler, createCompiler } from '../toolchain/service.ts';
import { appTitle, languageTitle } from './names.ts';
import type { Progress } from './progress.ts';
import { repository } from './staging.ts';

/** Where `npm run sysroot` puts the libraries for Linux's calls. */
export const sysrootDirectory = fileURLToPath(new URL('sysroot/', import.meta.url));

export interface CompiledApp {
  readonly app: GuestApp;
  readonly bytes: Uint8Array;
}

/** Errors: CompileError with the diagnostics; ToolchainError when a compiler is not installed. */
export async function compileApps(apps: readonly GuestApp[], progress: Progress): Promise<CompiledApp[]> {
  // One begins with C, the other with AssemblyScript: so each loads the other compiler late, or not at all.
  const waiting = apps.toSorted((a, b) => b.language.localeCompare(a.language));
  const bytesOf = new Map<GuestApp, Uint8Array>();
  const work = async (take: () => GuestApp | undefined): Promise<void> => {
    await using compiler = await makeCompiler();
    for (let app = take(); app !== undefined; app = take()) bytesOf.set(app, await compileApp(compiler, app, progress));
  };
  const workers = [work(() => waiting.shift())];
  if (availableParallelism() > 1) workers.push(work(() => waiting.pop()));
  try {
    await Promise.all(workers);
  } finally {
    // The other one ends with what it is at.
    waiting.length = 0;
    await Promise.allSettled(workers);
  }
  return apps.flatMap((app) => {
    const bytes = bytesOf.get(app);
    return bytes === undefined ? [] : [{ app, bytes }];
  });
}

function makeCompiler(): Promise<Compiler> {
  const cacheDir = fileURLToPath(new URL('build/cache/', repository));
  return createCompiler({
    cacheDir,
    wasiSources: new URL('wasip1/', import.meta.url),
    sysroot: sysrootDirectory,
  });
}

async function compileApp(compiler: Compiler, app: GuestApp, progress: Progress): Promise<Uint8Array> {
  const title = `compile ${appTitle(app)} (${languageTitle(app)})`;
  progress.update(`${title} …`);
  const startMs = performance.now();
  const { language, source } = app;
  const bytes = await compiler.build({
    language,
    source,
    args: argsOf(app),
    cwd: fileURLToPath(repository),
    onWarning: (diagnostics) => progress.note(diagnostics.trimEnd()),
  });
  const seconds = (performance.now() - startMs) / 1000;
  progress.note(`${title} ${(bytes.length / 1024).toFixed(1)} KiB in ${seconds.toFixed(2)} s`);
  return bytes;
}
