/**
 * The compilers' npm packages, both optional peers: where they are installed, and which versions. Node only.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { CLANG_FILES, Llvm, ToolchainError } from './llvm.ts';

/**
 * Loads the installed LLVM: about a second, once a process.
 *
 * Errors: ToolchainError when the package is not installed.
 */
export async function loadLlvm(): Promise<Llvm> {
  const { directory, version } = locatePackage();
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const { buffer, byteOffset, length } = await fs.promises.readFile(path.join(directory, 'gen', name));
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
  };
  const [core, resources] = await Promise.all([read(CLANG_FILES.core), read(CLANG_FILES.resources)]);
  return Llvm.create(version, { core, resources });
}

/**
 * The installed compiler's version.
 *
 * Errors: ToolchainError when there is none.
 */
export function llvmVersion(): string {
  return locatePackage().version;
}

function locatePackage(): { directory: string; version: string } {
  const located = locate('@yowasp/clang');
  if (!located) throw new ToolchainError('no C compiler: install it with `npm install --save-dev @yowasp/clang`');
  return located;
}

/** Finds an optional package: its directory and version, or nothing when it is not installed. */
export function locate(name: string): { directory: string; version: string } | undefined {
  const require = createRequire(import.meta.url);
  for (const modules of require.resolve.paths(name) ?? []) {
    const directory = path.join(modules, name);
    const file = path.join(directory, 'package.json');
    if (!fs.existsSync(file)) continue;
    const description: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    const version =
      description && typeof description === 'object' && 'version' in description ? description.version : '';
    return { directory, version: String(version) };
  }
  return undefined;
}

/**
 * The version of the installed AssemblyScript.
 *
 * Errors: ToolchainError when there is none.
 */
export function assemblyScriptVersion(): string {
  const located = locate('assemblyscript');
  if (!located) {
    throw new ToolchainError('no AssemblyScript compiler: install it with `npm install --save-dev assemblyscript`');
  }
  return located.version;
}
