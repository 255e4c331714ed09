// The compile worker of a machine: answers one request after the other. A compiler, once loaded, stays warm. What differs
// between Node and a page is how a compiler is loaded; see node-worker.ts and page-worker.ts.

import { host } from '../../host/index.ts';
import { type Llvm, ToolchainError } from '../llvm.ts';
import { type Asc, compileAssemblyScript } from './assemblyscript.ts';
import { type LinuxFiles, SourceToolchain } from './clang.ts';
import type { CompileProgress, FromCompiler, SourceBuild, SourceRequest, ToCompiler } from './messages.ts';

declare global {
  /** C sources that WASI programs are linked with, by name; tools/build.mjs puts them here. */
  const FUSEDOS_WASI_SOURCES: Readonly<Record<string, string>>;
}

export type OnProgress = (progress: CompileProgress) => void;

export interface Loader {
  /** Errors: ToolchainError that says what to install, or what to tell where it is. */
  llvm(location: string | undefined, onProgress: OnProgress): Promise<Llvm>;
  asc(location: string | undefined, onProgress: OnProgress): Promise<Asc>;
  /** Linux's sysroot; absent where there is none. */
  readonly sysroot?: LinuxFiles | undefined;
}

export function serveSources(loader: Loader): void {
  const port = host.parent();
  const post = (message: FromCompiler, transfer: Transferable[] = []): void => port.post(message, transfer);
  const onProgress = (progress: CompileProgress): void => post({ type: 'progress', progress });
  const compilers = new Compilers(loader);
  port.onMessage((message) => {
    compilers.build(message as ToCompiler, onProgress).then(
      (build) => post({ type: 'compiled', ...build }, build.bytes === undefined ? [] : [build.bytes.buffer]),
      (error: unknown) => {
        const isKnown = error instanceof ToolchainError;
        const said =
          error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error);
        post({ type: 'failed', code: isKnown ? error.code : undefined, message: said });
      },
    );
  });
}

class Compilers {
  readonly #loader: Loader;
  /** By where they were loaded from. */
  readonly #clang = new Map<string | undefined, Promise<SourceToolchain>>();
  readonly #asc = new Map<string | undefined, Promise<Asc>>();

  constructor(loader: Loader) {
    this.#loader = loader;
  }

  async build(request: SourceRequest, onProgress: OnProgress): Promise<SourceBuild> {
    const { compiler, language } = request;
    if (language === 'assemblyscript') {
      const asc = await once(this.#asc, compiler, () => this.#loader.asc(compiler, onProgress));
      onProgress({ phase: 'compiling' });
      return compileAssemblyScript(asc, request);
    }
    const toolchain = await once(
      this.#clang,
      compiler,
      async () =>
        new SourceToolchain(await this.#loader.llvm(compiler, onProgress), FUSEDOS_WASI_SOURCES, this.#loader.sysroot),
    );
    return toolchain.build(request, onProgress);
  }
}

/** Loads once; what failed is tried again. */
function once<T>(loaded: Map<string | undefined, Promise<T>>, key: string | undefined, load: () => Promise<T>) {
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const loading = load();
  loaded.set(key, loading);
  loading.catch(() => loaded.delete(key));
  return loading;
}
