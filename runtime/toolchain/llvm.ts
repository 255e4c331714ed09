/**
 * LLVM as one WebAssembly module, from the package `@yowasp/clang`: loading it once and running its tools.
 *
 * We use the package's files (`gen/llvm.core.wasm`, `gen/llvm-resources.tar`), not its JavaScript: that one keeps all files in memory, ignores
 * `..`, copies a file at each write and re-parses the driver's plan. The module is an ordinary WASI preview 1 command, and `wasi.ts` serves
 * it what files it may see. The one thing that preview 1 lacks is a working directory: see `findWorkingDirectory`. In Node or a page; who
 * calls it has read the files (`packages.ts`, `sources/`).
 */
import { FileTree, type HostTree, MemoryNode, memoryRoot, type Observation } from './files.ts';
import { unpackTar } from './tar.ts';
import { createImports, type RunStreams, ToolExit } from './wasi.ts';

/** Where a run finds the tool chain's own headers and libraries. */
export const toolchainRoot = `${memoryRoot}/usr`;

/** The program's own path: it is all tools in one. */
export const llvmPath = `${toolchainRoot}/bin/llvm`;

/** Where a run keeps its temporary files, in memory. */
export const temporaryRoot = `${memoryRoot}/tmp`;

export interface ToolRun {
  /** The tool's name and its arguments, e.g. `['wasm-ld', '-o', 'x.wasm', 'x.o']`. */
  readonly argv: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly streams: RunStreams;
  /** What stands at `/@fusedos` during the run. */
  readonly files: MemoryNode;
  /** What stands elsewhere; default: nothing. */
  readonly host?: HostTree | undefined;
  readonly observe?: ((path: string, what: Observation) => void) | undefined;
}

/** What we use of the package `@yowasp/clang`. */
export interface ClangFiles {
  readonly core: Uint8Array<ArrayBuffer>;
  readonly resources: Uint8Array;
}

/** Their names in its folder `gen`. */
export const CLANG_FILES: { readonly [file in keyof ClangFiles]: string } = {
  core: 'llvm.core.wasm',
  resources: 'llvm-resources.tar',
};

/** The compiler is not installed, or not one that we can drive. */
export class ToolchainError extends Error {
  readonly code = 'ERR_FUSEDOS_TOOLCHAIN';
}

/** A loaded LLVM, to be posted to other threads: they share its compiled code, and the files. */
export interface SharedLlvm {
  readonly version: string;
  readonly module: WebAssembly.Module;
  readonly resources: Uint8Array<SharedArrayBuffer>;
  readonly cwdAddress: number;
}

/** A loaded LLVM. */
export class Llvm {
  readonly version: string;
  readonly #module: WebAssembly.Module;
  readonly #tar: Uint8Array;
  readonly #resources = MemoryNode.createDirectory();
  readonly #cwdAddress: number;

  private constructor(version: string, module: WebAssembly.Module, tar: Uint8Array, cwdAddress?: number) {
    this.version = version;
    this.#module = module;
    this.#tar = tar;
    for (const file of unpackTar(tar)) this.#resources.add(file.name, file.content);
    this.#cwdAddress = cwdAddress ?? findWorkingDirectory((directory) => this.#probe(directory));
  }

  /**
   * Makes a compiler of the package's two files: about half a second.
   *
   * @param version for messages
   *
   * Errors: ToolchainError when it is not one that we can drive.
   */
  static async create(version: string, { core, resources: tar }: ClangFiles): Promise<Llvm> {
    return new Llvm(version, await WebAssembly.compile(core), tar);
  }

  static fromShared({ version, module, resources, cwdAddress }: SharedLlvm): Llvm {
    return new Llvm(version, module, resources, cwdAddress);
  }

  share(): SharedLlvm {
    const resources = new Uint8Array(new SharedArrayBuffer(this.#tar.length));
    resources.set(this.#tar);
    return { version: this.version, module: this.#module, resources, cwdAddress: this.#cwdAddress };
  }

  /** A new tree for `/@fusedos`: the tool chain's files, shared, and an empty directory for temporary ones. */
  createFiles(): MemoryNode {
    const root = MemoryNode.createDirectory();
    root.entries?.set('usr', this.#resources);
    root.addDirectory(['tmp']);
    return root;
  }

  /**
   * Runs one tool to its end, in this thread.
   *
   * @returns the tool's exit status
   * Errors: a trap of the tool (its own bug, or no memory left) is thrown as it comes.
   */
  run(run: ToolRun): number {
    const cwd = new TextEncoder().encode(`${run.cwd}\0`);
    if (cwd.length > cwdRoom.length) throw new ToolchainError(`the working directory's path is too long: ${run.cwd}`);
    return this.#start(run, (memory) => {
      new Uint8Array(memory.buffer).set(cwd, cwdRoom.start);
      new DataView(memory.buffer).setUint32(this.#cwdAddress, cwdRoom.start, true);
    });
  }

  /** Lets the driver itself change its directory, and shows the memory before and after. */
  #probe(directory: string): { before: Uint8Array; after: Uint8Array } {
    const files = this.createFiles();
    files.addDirectory(directory.slice(memoryRoot.length + 1).split('/'));
    let before = new Uint8Array();
    let after = new Uint8Array();
    const run: ToolRun = {
      argv: ['clang', `-working-directory=${directory}`, '-dumpversion'],
      cwd: '/',
      env: {},
      streams: { stdout: () => {}, stderr: () => {} },
      files,
    };
    this.#start(
      run,
      (memory) => {
        before = new Uint8Array(memory.buffer).slice();
      },
      (memory) => {
        after = new Uint8Array(memory.buffer);
      },
    );
    return { before, after };
  }

  #start(
    run: ToolRun,
    prepare: (memory: WebAssembly.Memory) => void,
    inspect?: (memory: WebAssembly.Memory) => void,
  ): number {
    const holder: { memory?: WebAssembly.Memory } = {};
    const memory = () => {
      if (!holder.memory) throw new Error('the tool called its host before it was instantiated');
      return holder.memory;
    };
    const tree = new FileTree(run.files, run.host, run.observe);
    // The program looks at its own name first: any but `llvm` would be taken for the tool's.
    const { imports, closeAll } = createImports(
      this.#module,
      memory,
      tree,
      [llvmPath, ...run.argv],
      run.env,
      run.streams,
    );
    const { exports } = new WebAssembly.Instance(this.#module, imports);
    const { memory: exported, _start: start } = exports;
    if (!(exported instanceof WebAssembly.Memory) || typeof start !== 'function') {
      throw new ToolchainError(`@yowasp/clang ${this.version} is not the WASI command that it was`);
    }
    holder.memory = exported;
    prepare(exported);
    try {
      start();
      return 0;
    } catch (error) {
      if (error instanceof ToolExit) return error.status;
      throw error;
    } finally {
      inspect?.(exported);
      closeAll();
    }
  }
}

/** Low memory that nothing uses: below it lies address 0, above it static data or the far end of the stack. */
const cwdRoom = { start: 16, length: 1000 };

/**
 * Finds the address of wasi-libc's `__wasilibc_cwd`, the pointer to the working directory's name.
 *
 * Preview 1 has no working directory: wasi-libc keeps one of its own, which starts as `/` and cannot be set from outside. Without it each relative
 * path would be one below `/`, and the user's own paths could not stand in diagnostics, dependency files and debug information.
 * We let the compiler's driver change to a directory with a name of its own and look which pointer moved from "/" to that name: this needs no
 * knowledge of the module's layout.
 *
 * Errors: ToolchainError when not exactly one pointer did.
 */
function findWorkingDirectory(probe: (directory: string) => { before: Uint8Array; after: Uint8Array }): number {
  const directory = `${temporaryRoot}/working-directory-probe`;
  const { before, after } = probe(directory);
  const beforeWords = new Uint32Array(before.buffer, 0, before.length >> 2);
  const afterWords = new Uint32Array(after.buffer, 0, after.length >> 2);
  const copies = new Set(placesOf(new TextEncoder().encode(`${directory}\0`), after));
  const found: number[] = [];
  for (let index = 0; index < beforeWords.length; index++) {
    if (!copies.has(afterWords[index] ?? 0)) continue;
    const old = beforeWords[index] ?? 0;
    if (before[old] === 0x2f && before[old + 1] === 0) found.push(4 * index);
  }
  const [address, ...others] = found;
  if (address === undefined || others.length > 0) {
    throw new ToolchainError('this version of @yowasp/clang keeps no working directory that can be set');
  }
  return address;
}

/** Where bytes occur among others. */
function* placesOf(wanted: Uint8Array, memory: Uint8Array): Generator<number> {
  const [first = 0] = wanted;
  for (let at = memory.indexOf(first); at >= 0; at = memory.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => memory[at + index] === byte)) yield at;
  }
}
