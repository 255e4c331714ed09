// Compiles AssemblyScript that is given as files in memory, by a loaded `asc`. In a worker, of Node or a page, which it blocks.

import type { Diagnostic, SourceBuild, SourceRequest } from './messages.ts';

/** What we use of the module `assemblyscript/asc`. */
export interface Asc {
  main(args: readonly string[], api: AscHost): Promise<{ readonly error: Error | null }>;
}

interface AscHost {
  readonly stdout: AscStream;
  readonly stderr: AscStream;
  readFile(name: string, base: string): string | null;
  writeFile(name: string, contents: string | Uint8Array): void;
  listFiles(directory: string, base: string): string[] | null;
  reportDiagnostic(diagnostic: AscDiagnostic): void;
}

interface AscStream {
  write(text: string | Uint8Array): void;
}

/** See: assemblyscript, src/diagnostics.ts. */
interface AscDiagnostic {
  readonly code: number;
  /** 0 pedantic, 1 info, 2 warning, 3 error. */
  readonly category: number;
  readonly message: string;
  /** `start` in UTF-16 units of the source. */
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } } | null;
}

const OUTPUT = 'program.wasm';
const ERROR = 3;
const WARNING = 2;

export async function compileAssemblyScript(
  asc: Asc,
  { files, units, args }: Pick<SourceRequest, 'files' | 'units' | 'args'>,
): Promise<SourceBuild> {
  const diagnostics: Diagnostic[] = [];
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  let text = '';
  const decoder = new TextDecoder();
  const sink: AscStream = {
    write: (written) => {
      text += typeof written === 'string' ? written : decoder.decode(written);
    },
  };
  const textOf = (name: string): string | undefined => {
    const content = files.get(name);
    return content === undefined ? undefined : decoder.decode(content);
  };
  const { error } = await asc.main([...units, ...args, '--outFile', OUTPUT], {
    stdout: sink,
    stderr: sink,
    readFile: (name, base) => textOf(normalize(base, name)) ?? null,
    writeFile: (name, contents) => {
      if (name === OUTPUT && typeof contents !== 'string') bytes = new Uint8Array(contents);
    },
    listFiles: (directory, base) => {
      const folder = normalize(base, directory);
      const prefix = folder === '' ? '' : `${folder}/`;
      return [...files.keys()]
        .filter((name) => name.startsWith(prefix) && name.endsWith('.ts'))
        .map((name) => name.slice(prefix.length))
        .filter((name) => !name.includes('/'));
    },
    reportDiagnostic: (diagnostic) => void diagnostics.push(read(diagnostic, textOf)),
  });
  if (error !== null) {
    if (text === '') text = `${error.message}\n`;
    // Of the command line, or of asc itself: told by the exception alone.
    if (!diagnostics.some(({ severity }) => severity === 'error')) {
      diagnostics.push({
        file: undefined,
        line: undefined,
        column: undefined,
        severity: 'error',
        message: error.message,
      });
    }
    return { bytes: undefined, diagnostics, text };
  }
  return { bytes, diagnostics, text };
}

/** @param textOf the caller's files; of the compiler's own library asc tells no places */
function read({ category, message, range }: AscDiagnostic, textOf: (name: string) => string | undefined): Diagnostic {
  const severity = category >= ERROR ? 'error' : category === WARNING ? 'warning' : 'note';
  const file = range?.source.normalizedPath;
  const before = file === undefined ? undefined : textOf(file)?.slice(0, range?.start);
  if (before === undefined) return { file, line: undefined, column: undefined, severity, message };
  const line = before.split('\n').length;
  return { file, line, column: before.length - before.lastIndexOf('\n'), severity, message };
}

/** A path below a folder, without `.` and `..`. */
function normalize(base: string, path: string): string {
  const names: string[] = [];
  for (const name of `${base}/${path}`.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}
