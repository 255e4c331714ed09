// Entry of a machine's compile worker in Node, built to `compiler-worker.cjs`: takes the compilers from the packages that are
// installed beside this one, or from where the caller says.

import * as fs from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { addSysroot, readSysroot } from '../linux-sysroot.ts';
import { CLANG_FILES, Llvm, ToolchainError } from '../llvm.ts';
import { assemblyScriptVersion, loadLlvm } from '../packages.ts';
import type { Asc } from './assemblyscript.ts';
import { fetchWhole, isRemote } from './fetch.ts';
import { type OnProgress, serveSources } from './serve.ts';

const sysroot = readSysroot(fileURLToPath(new URL('sysroot/', import.meta.url)));

serveSources({
  sysroot: sysroot && { threads: sysroot.threads, addTo: (files) => addSysroot(files, sysroot) },
  llvm: (location, onProgress) => (location === undefined ? loadLlvm() : loadLlvmFrom(location, onProgress)),
  asc: async (location) => {
    if (location === undefined) assemblyScriptVersion();
    return (location === undefined ? import('assemblyscript/asc') : import(urlOf(location))) as Promise<Asc>;
  },
});

async function loadLlvmFrom(location: string, onProgress: OnProgress): Promise<Llvm> {
  const folder = location.endsWith('/') ? location : `${location}/`;
  const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    if (isRemote(folder)) return fetchWhole(new URL(name, folder), onProgress);
    const file = folder.startsWith('file:') ? fileURLToPath(new URL(name, folder)) : `${folder}${name}`;
    try {
      return new Uint8Array(await fs.readFile(file));
    } catch (error) {
      throw new ToolchainError(`no C compiler: ${(error as Error).message}`);
    }
  };
  const core = await read(CLANG_FILES.core);
  return Llvm.create(`of ${location}`, { core, resources: await read(CLANG_FILES.resources) });
}

function urlOf(location: string): string {
  return /^[a-z]{2,}:/i.test(location) ? location : pathToFileURL(location).href;
}
