// The option --root-volume of `fusedos run`: a memfs Volume that the whole tree stands on, from a JSON file as
// `volume.toJSON()` gives it, and back into one by --save. memfs is loaded here, and only where it is asked for.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Volume } from 'memfs';
import { CliError, STATUS } from '../status.ts';

/** Errors: CliError that names the file. */
export function readVolume(file: string): Volume {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(STATUS.FAILURE, `${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  try {
    return Volume.fromJSON(treeOf(JSON.parse(text)), '/');
  } catch {
    throw new CliError(STATUS.FAILURE, `${file}: it is no JSON of a memfs Volume: paths, each with its text or null`);
  }
}

/** Replaces the file when all is written. Contents that are not UTF-8 and links are not kept: memfs's JSON has no form for them. */
export function saveVolume(volume: Volume, file: string): void {
  const partial = `${file}.${process.pid}.part`;
  try {
    writeFileSync(partial, `${JSON.stringify(volume.toJSON(), null, 2)}\n`);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw new CliError(STATUS.FAILURE, `--save ${file}: ${(error as Error).message}`);
  }
}

/** Errors: TypeError. */
function treeOf(json: unknown): Record<string, string | null> {
  const isTree =
    typeof json === 'object' &&
    json !== null &&
    Object.values(json).every((content) => typeof content === 'string' || content === null);
  if (!isTree) throw new TypeError('no tree');
  return json as Record<string, string | null>;
}
