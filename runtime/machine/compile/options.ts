// What a user gives to `machine.compileC` and `machine.compileAssemblyScript`: the types, and the checks.

import { host } from '../../host/index.ts';
import type { CompileProgress, SourceLanguage } from '../../toolchain/sources/messages.ts';
import { checkObject, invalidType, invalidValue } from '../values/arguments.ts';
import {
  oneOf,
  type Reader,
  type Readers,
  readFunction,
  readOptions,
  readSignal,
  readTexts,
} from '../values/option-readers.ts';

/** A source, or several by name (`main.c`, `include/list.h`): all that the compiler sees besides its own headers. */
export type Sources = string | Readonly<Record<string, string | Uint8Array>>;

export interface CompilerLocations {
  /**
   * The folder `gen` of the npm package `@yowasp/clang`: a URL, or a path in Node. Default: where the package is installed;
   * a page must tell.
   */
  readonly clang?: string | URL;
  /**
   * The module `assemblyscript/asc`, a URL, or a path in Node. Default: where the package is installed; a page must tell, and
   * a file without imports that only a bundler could resolve.
   */
  readonly assemblyscript?: string | URL;
}

const OPTIMIZE = ['0', '1', '2', '3', 's', 'z'] as const;

interface CommonCompileOptions {
  /** Default `'2'`. */
  readonly optimize?: (typeof OPTIMIZE)[number];
  /** Options of the compiler itself, as on its command line. */
  readonly args?: readonly string[];
  /** Ends the compile when aborted. */
  readonly signal?: AbortSignal;
  /** Is told what is done, and how much of what is fetched is there. */
  readonly onProgress?: (progress: CompileProgress) => void;
}

export interface CompileCOptions extends CommonCompileOptions {
  /** Default: C++ when a file is named like C++ (`.cpp`, `.cc`, `.cxx`, `.C`), else C. */
  readonly language?: 'c' | 'c++';
  /** As `compilers.clang` of `boot`, for this compile. */
  readonly clang?: string | URL;
}

export interface CompileAssemblyScriptOptions extends CommonCompileOptions {
  /** As `compilers.assemblyscript` of `boot`, for this compile. */
  readonly assemblyscript?: string | URL;
}

/** @returns what the compile worker finds it by, wherever that worker lies */
export const readLocation: Reader<string> = (name, value) => {
  if (typeof value !== 'string' && !(value instanceof URL)) {
    throw invalidType(name, 'of type string or an instance of URL', value);
  }
  if (host.name === 'node') return String(value);
  const page = globalThis.document?.baseURI ?? globalThis.location.href;
  if (!URL.canParse(String(value), page)) throw invalidValue(name, String(value), 'must be a URL');
  return new URL(value, page).href;
};

export const COMPILER_LOCATIONS: Readers<CompilerLocations> = { clang: readLocation, assemblyscript: readLocation };

const COMMON = { optimize: oneOf(OPTIMIZE), args: readTexts, signal: readSignal, onProgress: readFunction } as const;

const C_OPTIONS: Readers<CompileCOptions> = {
  ...COMMON,
  language: oneOf(['c', 'c++']),
  clang: readLocation,
};

const ASSEMBLYSCRIPT_OPTIONS: Readers<CompileAssemblyScriptOptions> = {
  ...COMMON,
  assemblyscript: readLocation,
};

/** A compile that a machine is asked for. */
export interface Compilation {
  readonly language: SourceLanguage;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly units: readonly string[];
  readonly args: readonly string[];
  /** As readLocation gives it. */
  readonly compiler: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: CompileProgress) => void) | undefined;
}

/** Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function readCompilationOfC(sources: unknown, given: unknown, locations: CompilerLocations): Compilation {
  const options = readOptions<CompileCOptions>('options', given, C_OPTIONS);
  const { language: wanted, optimize = '2', args = [], signal, onProgress, clang = locations.clang } = options;
  const files = readSources(sources, wanted === 'c++' ? 'main.cpp' : 'main.c');
  const units = [...files.keys()].filter((name) => UNIT.test(name));
  if (units.length === 0) throw invalidValue('sources', [...files.keys()].join(' '), 'must have a file like main.c');
  const language = wanted ?? (units.some((name) => CXX_UNIT.test(name)) ? 'c++' : 'c');
  return {
    language,
    files,
    // A name must not be taken for an option.
    units: units.map((name) => (/^[-@]/.test(name) ? `./${name}` : name)),
    args: [`-O${optimize}`, ...args],
    compiler: clang === undefined ? undefined : String(clang),
    signal,
    onProgress,
  };
}

const UNIT = /\.(c|cc|cpp|cxx|c\+\+|C)$/;
const CXX_UNIT = /\.(cc|cpp|cxx|c\+\+|C)$/;

/** Errors: as readCompilationOfC. */
export function readCompilationOfAssemblyScript(
  sources: unknown,
  given: unknown,
  locations: CompilerLocations,
): Compilation {
  const options = readOptions<CompileAssemblyScriptOptions>('options', given, ASSEMBLYSCRIPT_OPTIONS);
  const { optimize = '2', args = [], signal, onProgress, assemblyscript = locations.assemblyscript } = options;
  const files = readSources(sources, 'main.ts');
  const names = [...files.keys()];
  // What imports the others: by its name, or because it stands first.
  const entry = names.find((name) => name === 'main.ts') ?? names.find((name) => name.endsWith('.ts'));
  if (entry === undefined) throw invalidValue('sources', names.join(' '), 'must have a file like main.ts');
  return {
    language: 'assemblyscript',
    files,
    units: [entry],
    args: [`-O${optimize}`, ...args],
    compiler: assemblyscript === undefined ? undefined : String(assemblyscript),
    signal,
    onProgress,
  };
}

/** Copies: the caller may change its bytes, and shared ones cannot be posted everywhere. */
function readSources(sources: unknown, name: string): ReadonlyMap<string, Uint8Array> {
  const encoder = new TextEncoder();
  if (typeof sources === 'string') return new Map([[name, encoder.encode(sources)]]);
  if (typeof sources !== 'object' || sources === null || Array.isArray(sources) || ArrayBuffer.isView(sources)) {
    throw invalidType('sources', 'of type string or an object of files by name', sources);
  }
  checkObject('sources', sources);
  return new Map(
    Object.entries(sources).map(([file, content]) => {
      checkFileName(file);
      if (typeof content === 'string') return [file, encoder.encode(content)];
      if (content instanceof Uint8Array) return [file, new Uint8Array(content)];
      throw invalidType(`sources.${file}`, 'of type string or an instance of Uint8Array', content);
    }),
  );
}

/** Errors: ERR_INVALID_ARG_VALUE. */
function checkFileName(file: string): void {
  const isRelative = file.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
  // Diagnostics are lines that begin with the name.
  if (!isRelative || /[\p{Cc}\\]/u.test(file)) {
    throw invalidValue('sources', file, 'must have names that are relative, without `.`, `..` and control characters');
  }
}
