// Compiles C and C++ that is given as files in memory: nothing of the host is seen, neither its headers nor its disk, so that
// sources of strangers cannot read what is not theirs. In a worker, of Node or a page, which it blocks.

import { type CommandLine, compile, decode, libraryPath, type OutputSinks, type Toolchain } from '../driver.ts';
import { type MemoryNode, memoryRoot, readFile } from '../files.ts';
import { type Llvm, temporaryRoot } from '../llvm.ts';
import { readClangText, TEXT_OPTIONS } from './clang-text.ts';
import type { CompileProgress, SourceBuild, SourceRequest } from './messages.ts';

const SOURCES = 'src';
const OUTPUT = `${temporaryRoot}/output`;
const NOTHING: OutputSinks = { stdout: () => {}, stderr: () => {} };

/** Linux's sysroot, as a worker's host has it. */
export interface LinuxFiles {
  readonly threads: Toolchain['linux'];
  /** Shows it to one compile. */
  addTo(files: MemoryNode): void;
}

/** LLVM with the machine's own libraries compiled. */
export class SourceToolchain {
  readonly #llvm: Llvm;
  readonly #wasiSources: Readonly<Record<string, string>>;
  readonly #sysroot: LinuxFiles | undefined;
  #libraries: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

  /**
   * @param wasiSources C sources that WASI programs are linked with, by name
   * @param sysroot Linux's, where there is one
   */
  constructor(llvm: Llvm, wasiSources: Readonly<Record<string, string>>, sysroot: LinuxFiles | undefined) {
    this.#llvm = llvm;
    this.#wasiSources = wasiSources;
    this.#sysroot = sysroot;
  }

  async build(
    { language, files, units, args }: Pick<SourceRequest, 'language' | 'files' | 'units' | 'args'>,
    onProgress: (progress: CompileProgress) => void = () => {},
  ): Promise<SourceBuild> {
    const root = this.#createFiles(files);
    const written: Uint8Array[] = [];
    const toolchain: Toolchain = {
      llvm: this.#llvm,
      files: root,
      linux: this.#sysroot?.threads,
      objects: async () => {
        this.#libraries ??= this.#compileLibraries();
        const libraries = await this.#libraries;
        for (const [name, object] of libraries) root.add(`lib/${name}`, object);
        return [...libraries.keys()].map(libraryPath);
      },
    };
    const command: CommandLine = {
      tool: language === 'c++' ? 'c++' : 'cc',
      args: [...units, ...args, ...TEXT_OPTIONS, '-o', OUTPUT],
      cwd: `${memoryRoot}/${SOURCES}`,
    };
    const stderr = (bytes: Uint8Array): void => void written.push(bytes);
    const status = await compile(toolchain, command, {
      ...NOTHING,
      stderr,
      onJob: (tool) => onProgress({ phase: tool === 'wasm-ld' ? 'linking' : 'compiling' }),
    });
    const text = decode(written);
    const diagnostics = readClangText(text);
    const bytes = status === 0 ? readFile(root, OUTPUT) : undefined;
    if (bytes === undefined && !diagnostics.some(({ severity }) => severity === 'error')) {
      const message =
        status === 0 ? 'the options ask clang for something else than a program' : `clang: ${text.trim()}`;
      diagnostics.push({ file: undefined, line: undefined, column: undefined, severity: 'error', message });
    }
    return { bytes, diagnostics, text };
  }

  async #compileLibraries(): Promise<ReadonlyMap<string, Uint8Array>> {
    const compiled = new Map<string, Uint8Array>();
    for (const [name, text] of Object.entries(this.#wasiSources)) {
      const { bytes, text: told } = await this.build({
        language: 'c',
        files: new Map([[name, new TextEncoder().encode(text)]]),
        units: [name],
        // Plain objects: a program linked without -flto has no use for bitcode.
        args: ['--target=wasm32-wasip1', '-c', '-O2', '-fno-lto', '-mno-simd128'],
      });
      if (bytes === undefined) throw new Error(`${name} of the sysroot does not compile:\n${told}`);
      compiled.set(name.replace(/\.c$/, '.o'), bytes);
    }
    return compiled;
  }

  #createFiles(sources: ReadonlyMap<string, Uint8Array>): MemoryNode {
    const root = this.#llvm.createFiles();
    this.#sysroot?.addTo(root);
    root.addDirectory([SOURCES]);
    for (const [name, content] of sources) root.add(`${SOURCES}/${name}`, content);
    return root;
  }
}
