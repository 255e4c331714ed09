// Compiles the chosen apps by the compile service, one after the other; what has not changed comes from build/cache.

import { fileURLToPath } from 'node:url';
import type { GuestApp } from '../../../guest-apps/catalog.ts';
import { createCompiler } from '../../toolchain/service.ts';
import { appTitle, languageTitle } from './names.ts';
import type { Progress } from './progress.ts';
import { repository } from './staging.ts';

export interface CompiledApp {
  readonly app: GuestApp;
  readonly bytes: Uint8Array;
}

/** Errors: CompileError with the diagnostics; ToolchainError when a compiler is not installed. */
export async function compileApps(apps: readonly GuestApp[], progress: Progress): Promise<CompiledApp[]> {
  const cacheDir = fileURLToPath(new URL('build/cache/', repository));
  await using compiler = await createCompiler({ cacheDir, sysroot: new URL('sysroot/', import.meta.url) });
  const compiled: CompiledApp[] = [];
  for (const app of apps) {
    const title = `compile ${appTitle(app)} (${languageTitle(app)})`;
    progress.update(`${title} …`);
    const startMs = performance.now();
    const { language, source } = app;
    const bytes = await compiler.build({
      language,
      source,
      args: language === 'c' ? ['-O3'] : [],
      cwd: fileURLToPath(repository),
      onWarning: (diagnostics) => progress.note(diagnostics.trimEnd()),
    });
    const seconds = (performance.now() - startMs) / 1000;
    progress.note(`${title} ${(bytes.length / 1024).toFixed(1)} KiB in ${seconds.toFixed(2)} s`);
    compiled.push({ app, bytes });
  }
  return compiled;
}
