// The options --save and --changes of `fusedos run`: what is done with the machine's files when its program has ended.
// An image replaces what its file was only when all of it is written.

import { once } from 'node:events';
import { accessSync, constants, createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Machine } from '../../machine/boot.ts';
import { type Changes, pathBytes } from '../../machine/linux/checkpoint.ts';
import { CliError, STATUS } from '../status.ts';

export interface ImageOptions {
  /** The file that the machine's files come from. */
  readonly image?: string;
  /** The file that they go to. */
  readonly save?: string;
  readonly showsChanges: boolean;
}

const COMPRESSED = /\.(tar\.gz|tgz)$/;
const NEWLINE = 10;

/** Before the program runs, whose work would be lost. Errors: CliError when the file cannot be written. */
export function requireWritable(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  try {
    if (status?.isDirectory()) throw new Error('it is a directory');
    // A file is replaced by another of its directory.
    accessSync(status === undefined || status.isFile() ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const reason =
      code === 'ENOENT'
        ? `there is no directory ${dirname(path)}`
        : code === 'EACCES'
          ? 'you may not write there'
          : message;
    throw new CliError(STATUS.FAILURE, `--save ${path}: ${reason}`);
  }
}

/** Errors: CliError when the file cannot be written. */
export async function saveFiles(machine: Machine, path: string): Promise<void> {
  // A device or a pipe is written to as it is.
  const isPlain = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  const partial = isPlain ? `${path}.${process.pid}.part` : path;
  const discard = (): void => {
    if (isPlain) rmSync(partial, { force: true });
  };
  process.on('exit', discard);
  try {
    await writeImage(machine, partial, COMPRESSED.test(path));
    if (isPlain) renameSync(partial, path);
  } catch (error) {
    discard();
    throw new CliError(STATUS.FAILURE, `--save ${path}: ${(error as Error).message}`);
  } finally {
    process.off('exit', discard);
  }
}

async function writeImage(machine: Machine, path: string, gzip: boolean): Promise<void> {
  const file = createWriteStream(path);
  await once(file, 'open');
  const closed = once(file, 'close');
  closed.catch(() => {}); // told where it is waited for
  try {
    for await (const piece of machine.fs.save({ gzip }) as unknown as AsyncIterable<Uint8Array>) {
      if (!file.write(piece)) await Promise.race([once(file, 'drain'), closed]);
    }
    file.end();
  } catch (error) {
    file.destroy();
    throw error;
  }
  await closed;
}

/** A line for each path: A for added, C for changed, D for deleted, by path. */
export function renderChanges({ created, changed, removed }: Changes): Uint8Array {
  const lines = [
    ...created.map((path) => ['A', path] as const),
    ...changed.map((path) => ['C', path] as const),
    ...removed.map((path) => ['D', path] as const),
  ].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.concat(lines.map(([letter, path]) => Buffer.concat([Buffer.from(`${letter} `), nameLine(path)])));
}

/** A name that would break the line, or a terminal, is quoted as C does it; others are their bytes. */
function nameLine(path: string): Uint8Array {
  const bytes = pathBytes(path);
  const isPlain = bytes.every((byte) => byte >= 32 && byte !== 127 && byte !== 34 && byte !== 92) && isText(path);
  if (isPlain) return Uint8Array.from([...bytes, NEWLINE]);
  const quoted = [...bytes].map((byte) => {
    if (byte === 34 || byte === 92) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return Buffer.from(`"${quoted.join('')}"\n`);
}

/** Printable: no control characters beyond ASCII, nothing that is not UTF-8. */
function isText(path: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Cf}]/u.test(path);
}
