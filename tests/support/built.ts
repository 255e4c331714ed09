// What the build made, and where: for tests that use it as a user does. See: build.ts, which makes it.

import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
/** FUSEDOS_DIST names another folder than dist/, e.g. while somebody else uses that. */
export const distDirectory = resolve(root, process.env['FUSEDOS_DIST'] ?? 'dist');
export const guestDirectory = join(root, 'build/guests');

/** A compiled program of tests/guests. */
export function guestPath(name: string): string {
  return join(guestDirectory, `${name}.wasm`);
}

/** The built library. Types are those of the sources. */
export function importBuilt(): Promise<typeof import('../../runtime/index.ts')> {
  return import(/* @vite-ignore */ pathToFileURL(join(distDirectory, 'index.js')).href);
}
