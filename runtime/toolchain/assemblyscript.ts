/**
 * Compiles AssemblyScript with the package `assemblyscript`, options from the nearest `asconfig.json`.
 *
 * The one place that calls `asc`, which is loaded at the first use (it is an optional peer and starts in a second). Called by `service.ts`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Observation } from './files.ts';
import { assemblyScriptVersion } from './packages.ts';

export interface AssemblyScriptBuild {
  /** Absent when the compile failed. */
  readonly bytes: Uint8Array | undefined;
  readonly diagnostics: string;
}

/**
 * Compiles one program.
 *
 * @param source an absolute path
 * @param args options of asc, after those of target `release` in the nearest asconfig.json
 * Errors: ToolchainError when the package is not installed.
 */
export async function compileAssemblyScript(
  source: string,
  args: readonly string[],
  observe: (path: string, what: Observation) => void,
): Promise<AssemblyScriptBuild> {
  assemblyScriptVersion();
  const { main } = await import('assemblyscript/asc');
  const base = findConfiguration(path.dirname(source), observe);
  let bytes: Uint8Array | undefined;
  let diagnostics = '';
  const sink = {
    write: (text: string | Uint8Array): void => {
      diagnostics += text;
    },
  };
  const read = (name: string, directory: string): string | null => {
    const file = path.resolve(base, directory, name);
    try {
      const text = fs.readFileSync(file, 'utf8');
      observe(file, 'file');
      return text;
    } catch {
      observe(file, 'absent');
      return null;
    }
  };
  const output = 'program.wasm';
  const { error } = await main([path.relative(base, source), ...args, '--outFile', output], {
    stdout: sink,
    stderr: sink,
    readFile: read,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name === output && typeof contents !== 'string') bytes = contents;
    },
    listFiles: (directory: string, from: string) => {
      try {
        return fs.readdirSync(path.resolve(base, from, directory)).filter((name) => name.endsWith('.ts'));
      } catch {
        return null;
      }
    },
  });
  if (error) return { bytes: undefined, diagnostics: diagnostics === '' ? `${error.message}\n` : diagnostics };
  return { bytes, diagnostics };
}

/** The directory of the nearest asconfig.json at or above a directory, or that directory itself. */
function findConfiguration(directory: string, observe: (path: string, what: Observation) => void): string {
  for (let at = directory; ; at = path.dirname(at)) {
    const file = path.join(at, 'asconfig.json');
    const exists = fs.existsSync(file);
    observe(file, exists ? 'file' : 'absent');
    if (exists) return at;
    if (at === path.dirname(at)) return directory;
  }
}
