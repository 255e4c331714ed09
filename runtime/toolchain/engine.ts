/**
 * What compiles: the loaded tool chain, in the thread that calls it.
 *
 * It loads LLVM, and compiles the machine's own libraries, at the first use. Called by `service.ts` in its own thread, or by `worker.ts`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compileAssemblyScript } from './assemblyscript.ts';
import { Observations } from './cache.ts';
import {
  type CommandLine,
  type CompilerHost,
  compile,
  decode,
  libraryPath,
  type OutputSinks,
  type Toolchain,
} from './driver.ts';
import { readFile } from './files.ts';
import { hostTree } from './host-tree.ts';
import { type Llvm, temporaryRoot } from './llvm.ts';
import { loadLlvm } from './packages.ts';

export type Language = 'c' | 'c++' | 'assemblyscript';

/** One source file to compile to a program; it can be posted to a worker. */
export interface ProgramRequest {
  readonly language: Language;
  readonly source: string;
  readonly args: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
}

export interface ProgramBuild {
  /** Absent when the source does not compile. */
  readonly bytes: Uint8Array | undefined;
  readonly diagnostics: string;
  /** The host's paths that the compiler looked at. */
  readonly paths: readonly string[];
}

export interface Engine {
  /** Runs a command line. @returns its exit status */
  run(command: CommandLine, sinks: OutputSinks): Promise<number>;
  build(request: ProgramRequest): Promise<ProgramBuild>;
  close(): Promise<void>;
}

/** An engine in this thread. */
export class LocalEngine implements Engine {
  readonly #sysroot: string;
  #loading: Promise<LoadedToolchain> | undefined;

  /** @param sysroot the directory of the machine's own C sources */
  constructor(sysroot: string) {
    this.#sysroot = sysroot;
  }

  async run(command: CommandLine, sinks: OutputSinks): Promise<number> {
    return compile((await this.#load()).toolchain(), command, sinks);
  }

  async build({ language, source, args, cwd }: ProgramRequest): Promise<ProgramBuild> {
    const observations = new Observations();
    const { bytes, diagnostics } =
      language === 'assemblyscript'
        ? await compileAssemblyScript(path.resolve(cwd, source), args, observations.observe)
        : await buildProgram((await this.#load()).toolchain(observations), language, source, args, cwd);
    return { bytes, diagnostics, paths: [...observations.paths] };
  }

  async close(): Promise<void> {
    this.#loading = undefined;
  }

  #load(): Promise<LoadedToolchain> {
    this.#loading ??= LoadedToolchain.load(this.#sysroot);
    return this.#loading;
  }
}

/** The C sources of a sysroot, in a fixed order. */
export function sysrootSources(sysroot: string): string[] {
  return fs
    .readdirSync(sysroot)
    .filter((name) => name.endsWith('.c'))
    .sort();
}

/** LLVM with the machine's own libraries compiled: what a job needs. */
class LoadedToolchain {
  readonly #llvm: Llvm;
  readonly #libraries: readonly (readonly [name: string, object: Uint8Array])[];

  private constructor(llvm: Llvm, libraries: readonly (readonly [string, Uint8Array])[]) {
    this.#llvm = llvm;
    this.#libraries = libraries;
  }

  static async load(sysroot: string): Promise<LoadedToolchain> {
    const llvm = await loadLlvm();
    const bare = new LoadedToolchain(llvm, []);
    const libraries: [string, Uint8Array][] = [];
    for (const name of sysrootSources(sysroot)) {
      // Plain objects: a program linked without -flto has no use for bitcode.
      const args = ['-c', '-O2', '-fno-lto', '-mno-simd128'];
      const { bytes, diagnostics } = await buildProgram(bare.toolchain(), 'c', path.join(sysroot, name), args, sysroot);
      if (!bytes) throw new Error(`${name} of the sysroot does not compile:\n${diagnostics}`);
      libraries.push([name.replace(/\.c$/, '.o'), bytes]);
    }
    return new LoadedToolchain(llvm, libraries);
  }

  /** A tool chain for one compile, with temporary files of its own. */
  toolchain(observations?: Observations): Toolchain {
    const files = this.#llvm.createFiles();
    for (const [name, object] of this.#libraries) files.add(`lib/${name}`, object);
    return {
      llvm: this.#llvm,
      files,
      host: compilerHost,
      objects: this.#libraries.map(([name]) => libraryPath(name)),
      observe: observations?.observe,
    };
  }
}

async function buildProgram(
  toolchain: Toolchain,
  language: 'c' | 'c++',
  source: string,
  args: readonly string[],
  cwd: string,
): Promise<{ bytes: Uint8Array | undefined; diagnostics: string }> {
  const output = `${temporaryRoot}/output`;
  const chunks: Uint8Array[] = [];
  const collect = (bytes: Uint8Array): void => void chunks.push(bytes);
  const command = { tool: language === 'c' ? 'cc' : 'c++', args: [source, ...args, '-o', output], cwd } as const;
  const status = await compile(toolchain, command, { stdout: collect, stderr: collect });
  const diagnostics = decode(chunks);
  return { bytes: status === 0 ? readFile(toolchain.files, output) : undefined, diagnostics };
}

const compilerHost: CompilerHost = {
  tree: hostTree,
  makeExecutable: (cwd, file) => {
    const name = path.resolve(cwd, file);
    const stat = fs.statSync(name, { throwIfNoEntry: false });
    if (stat?.isFile()) fs.chmodSync(name, stat.mode | ((stat.mode & 0o444) >> 2));
  },
  edit: (cwd, file, change) => {
    const name = path.resolve(cwd, file);
    if (fs.existsSync(name)) fs.writeFileSync(name, change(fs.readFileSync(name, 'utf8')));
  },
  readStdin: () => fs.readFileSync(0),
};
