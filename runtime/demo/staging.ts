// The demonstration's files on the host: build/demo/in holds copies of the inputs under the names that the kernels ask for,
// build/demo/out what they write. The machine mounts the one read-only at /in, the other at /out, so that each placement,
// also the one whose files are its own, finds the same.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GuestApp, InputFile } from '../../guest-apps/catalog.ts';

/** Seen from the bundle in dist/. */
export const repository = new URL('../', import.meta.url);

const inputDirectory = fileURLToPath(new URL('build/demo/in/', repository));
export const outputDirectory = fileURLToPath(new URL('build/demo/out/', repository));

export const inputMount = { path: inputDirectory, readOnly: true } as const;
export const outputMount = { path: outputDirectory } as const;

/** Errors: the host's, by `code`: an input that is not there, a directory that cannot be written. */
export function stageFiles(apps: readonly GuestApp[]): void {
  rmSync(outputDirectory, { recursive: true, force: true });
  for (const directory of [inputDirectory, outputDirectory]) mkdirSync(directory, { recursive: true });
  for (const input of apps.flatMap(({ inputs }) => inputs)) {
    copyFileSync(hostPath(input), resolve(inputDirectory, basename(input.guest)));
  }
}

/** The files that an app writes, as it knows them. */
export function outputsOf({ args }: GuestApp): string[] {
  return args.filter((argument) => argument.startsWith('/out/'));
}

function hostPath({ host, package: name }: InputFile): string {
  if (name === undefined) return fileURLToPath(new URL(host, repository));
  const require = createRequire(import.meta.url);
  return resolve(dirname(require.resolve(`${name}/package.json`)), host);
}
