// `machine.fs`: the machine's files for its embedder, in the shape of node:fs/promises. Arguments are checked here, where they
// come in, by Node's rules; each call is then a request to Linux, and no path is looked at but to name it.
// See: fs/, the functions by topic; personalities/linux/embedder/requests, the other side.

import type { Changes, Volume } from '../../../personalities/linux/booting-thread.ts';
import { Checkpoint } from '../linux/checkpoint.ts';
import {
  type ImageSource,
  type MachineImage,
  type RestoreOptions,
  restoreImage,
  type SaveOptions,
  saveImage,
} from '../linux/image.ts';
import { fromVolume, toVolume } from '../mounts/volume-copies.ts';
import { checkKnown, invalidType } from '../values/arguments.ts';
import { createAttributes } from './attributes.ts';
import { type CopyOptions, copyTree } from './copy-tree.ts';
import { createNames } from './names.ts';
import { type PathLike, pathOf } from './paths.ts';
import type { FileRequest } from './request.ts';
import { type WatchEvent, type WatchOptions, watchFiles } from './watch.ts';
import { constants, createWholeFiles } from './whole-files.ts';

export type MachineFileSystem = ReturnType<typeof createFileSystem>;

/** What a Volume must have for copies of whole trees. */
const VOLUME_CALLS = ['lstatSync', 'readdirSync', 'readFileSync', 'writeFileSync', 'mkdirSync', 'utimesSync'];

/** Paths are those of the machine's tree; one that is not absolute begins at `/`. */
export function createFileSystem(request: FileRequest) {
  const files = { ...createWholeFiles(request), ...createNames(request), ...createAttributes(request) };
  return {
    constants,
    ...files,
    watch: watchOf(request),
    /** Copies a file, or with `recursive` a directory, by the rules of fs.cp. See: fs/copy-tree. */
    cp: async (from: PathLike, to: PathLike, options?: CopyOptions): Promise<void> =>
      copyTree(files, from, to, options),
    /**
     * An image of a directory and all below it as they are now, a tar archive: a stream of bytes. Mounts are left out, and
     * only files in the machine's memory can be saved. Read it to its end or cancel it: what changes meanwhile is kept twice.
     *
     * Errors, thrown at once: of the options. When it is read: ENOENT, ENOTDIR; EOPNOTSUPP for a directory of the host.
     */
    save: (options: SaveOptions = {}): MachineImage => {
      checkKnown('options', options, ['path', 'gzip']);
      return saveImage(request, options);
    },
    /**
     * Makes a directory be what an image holds; `merge` keeps what is there beside. What is mounted stays. The tree changes at
     * once, when all of the image was checked, or not at all.
     *
     * Errors: EBADMSG, the image is damaged or cut short. EINVAL: it has a path that leads out of it. EOPNOTSUPP: it has a
     * device, or a form that is not known. ENOSPC: it does not fit. ENOENT, ENOTDIR, EROFS; EBUSY: it would cover a mount.
     */
    restore: async (source: ImageSource, options: RestoreOptions = {}): Promise<void> => {
      checkKnown('options', options, ['path', 'merge']);
      return restoreImage(request, source, options);
    },
    /** Remembers the files as they are now, at next to no cost; see `changes`. */
    checkpoint: async (): Promise<Checkpoint> => new Checkpoint(request, (await request('checkpoint', [])) as number),
    /**
     * The paths that were created, changed and removed since a checkpoint, or since the machine was booted. Of files in the
     * machine's memory and of overlays; not of host directories, Volumes and OPFS. A directory that an overlay shows from
     * below and that is removed or moved is told without what it holds.
     */
    changes: async (since?: Checkpoint): Promise<Changes> => {
      if (since === undefined) return (await request('changes', [])) as Changes;
      if (!(since instanceof Checkpoint)) throw invalidType('since', 'an instance of Checkpoint', since);
      return since.changes();
    },
    /** Copies what is below a directory into a memfs Volume. See: machine/mounts/volume-copies. */
    toVolume: async (volume: Volume, path: PathLike = '/'): Promise<void> => {
      checkVolume(volume);
      return toVolume(files, volume, pathOf(path));
    },
    /** Copies all that a memfs Volume holds below a directory, which is made. See: machine/mounts/volume-copies. */
    fromVolume: async (volume: Volume, path: PathLike = '/'): Promise<void> => {
      checkVolume(volume);
      return fromVolume(files, volume, pathOf(path));
    },
  };
}

function watchOf(request: FileRequest) {
  function watch(
    path: PathLike,
    options: WatchOptions & { readonly encoding: 'buffer' },
  ): AsyncGenerator<WatchEvent<Uint8Array>, void, undefined>;
  function watch(path: PathLike, options?: WatchOptions): AsyncGenerator<WatchEvent, void, undefined>;
  function watch(path: PathLike, options?: WatchOptions): AsyncGenerator<WatchEvent<never>, void, undefined> {
    return watchFiles(request, path, options) as AsyncGenerator<WatchEvent<never>, void, undefined>;
  }
  return watch;
}

/** Errors: ERR_INVALID_ARG_TYPE. */
function checkVolume(volume: unknown): asserts volume is Volume {
  const given = volume as Readonly<Record<string, unknown>> | null | undefined;
  const isVolume = VOLUME_CALLS.every((call) => typeof given?.[call] === 'function');
  if (!isVolume) throw invalidType('volume', 'an instance of Volume', volume);
}
