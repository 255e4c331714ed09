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
import { addLauncher, keepPrograms, withoutLaunchers } from './launcher.ts';
import { addSysroot, type LinuxSysroot, readSysroot } from './linux-sysroot.ts';
import { Llvm, type SharedLlvm, temporaryRoot } from './llvm.ts';
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

/** Where an engine finds what it links programs with. */
export interface EngineParts {
  /** The directory of C sources for WASI programs. */
  readonly wasiSources: string;
  /** The directory of Linux's sysroot, where there may be one. */
  readonly sysroot: string | undefined;
  /** An LLVM that another thread has loaded; default: the installed one. */
  readonly llvm?: SharedLlvm | undefined;
}

/** An engine in this thread. */
export class LocalEngine implements Engine {
  readonly #parts: EngineParts;
  #loading: Promise<LoadedToolchain> | undefined;

  constructor(parts: EngineParts) {
    this.#parts = parts;
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
    this.#loading ??= LoadedToolchain.load(this.#parts);
    return this.#loading;
  }
}

/** The C sources for WASI programs in a directory, in a fixed order. */
export function listWasiSources(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith('.c'))
    .sort();
}

type Libraries = readonly (readonly [name: string, object: Uint8Array])[];

/** LLVM with what programs are linked with: what a job needs. */
class LoadedToolchain {
  readonly #llvm: Llvm;
  readonly #wasiSources: string;
  readonly #sysroot: LinuxSysroot | undefined;
  #libraries: Promise<Libraries> | undefined;

  private constructor(llvm: Llvm, { wasiSources, sysroot }: EngineParts) {
    this.#llvm = llvm;
    this.#wasiSources = wasiSources;
    this.#sysroot = sysroot === undefined ? undefined : readSysroot(sysroot);
  }

  static async load(parts: EngineParts): Promise<LoadedToolchain> {
    return new LoadedToolchain(parts.llvm === undefined ? await loadLlvm() : Llvm.fromShared(parts.llvm), parts);
  }

  /** A tool chain for one compile, with temporary files of its own. */
  toolchain(observations?: Observations): Toolchain {
    const files = this.#llvm.createFiles();
    if (this.#sysroot !== undefined) addSysroot(files, this.#sysroot);
    return {
      llvm: this.#llvm,
      files,
      host: compilerHost,
      linux: this.#sysroot?.threads,
      mpi: this.#sysroot?.hasMpi,
      objects: async () => {
        this.#libraries ??= this.#compileLibraries();
        const libraries = await this.#libraries;
        for (const [name, object] of libraries) files.add(`lib/${name}`, object);
        return libraries.map(([name]) => libraryPath(name));
      },
      observe: observations?.observe,
    };
  }

  async #compileLibraries(): Promise<Libraries> {
    const libraries: [string, Uint8Array][] = [];
    for (const name of listWasiSources(this.#wasiSources)) {
      // Plain objects: a program linked without -flto has no use for bitcode.
      const args = ['--target=wasm32-wasip1', '-c', '-O2', '-fno-lto', '-mno-simd128'];
      const source = path.join(this.#wasiSources, name);
      const { bytes, diagnostics } = await buildProgram(this.toolchain(), 'c', source, args, this.#wasiSources);
      if (!bytes) throw new Error(`${name} of the sysroot does not compile:\n${diagnostics}`);
      libraries.push([name.replace(/\.c$/, '.o'), bytes]);
    }
    return libraries;
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
  programs: withoutLaunchers(hostTree),
  makeExecutable: (cwd, file, launcher) => {
    const name = path.resolve(cwd, file);
    const stat = fs.statSync(name, { throwIfNoEntry: false });
    if (!stat?.isFile()) return;
    if (launcher !== '') addLauncher(name, Buffer.from(launcher));
    fs.chmodSync(name, stat.mode | ((stat.mode & 0o444) >> 2));
  },
  keepPrograms: (cwd, files) => keepPrograms(files.map((file) => path.resolve(cwd, file))),
  edit: (cwd, file, change) => {
    const name = path.resolve(cwd, file);
    if (fs.existsSync(name)) fs.writeFileSync(name, change(fs.readFileSync(name, 'utf8')));
  },
  readStdin: () => fs.readFileSync(0),
};
