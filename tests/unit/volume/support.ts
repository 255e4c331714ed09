// A Linux with a Volume mounted at /vol, or as the root of its tree, in one thread: requests are carried out at once.

import { Volume } from 'memfs';
import { HostFileSystem, Quota, VolumeRequests } from '../../../personalities/linux/index.ts';
import { LocalHostClient } from '../../../runtime/files/client.ts';
import { Guest } from '../linux/harness.ts';

export interface MountedGuest {
  readonly volume: Volume;
  readonly guest: Guest;
  readonly quota: Quota;
  /** What the Volume threw that is no error of a file system. */
  readonly foreign: unknown[];
}

export function mountVolume(
  options: {
    readonly volume?: Volume;
    readonly limit?: number;
    readonly readOnly?: boolean;
    /** The whole tree stands on it. */
    readonly isRoot?: boolean;
  } = {},
): MountedGuest {
  const { volume = new Volume(), limit = 64 << 20, readOnly = false, isRoot = false } = options;
  const foreign: unknown[] = [];
  const quota = new Quota(limit);
  const mounted = { files: volume, quota, onForeign: (error: unknown) => foreign.push(error) };
  const client = new LocalHostClient(new VolumeRequests([mounted]));
  const opened: (HostFileSystem | number)[] = [];
  HostFileSystem.open(client, '0', readOnly, (result) => opened.push(result), 'memfs');
  const [fileSystem] = opened;
  if (!(fileSystem instanceof HostFileSystem)) throw new Error(`mount: ${fileSystem}`);
  const guest = new Guest(isRoot ? { root: fileSystem } : {});
  if (!isRoot) guest.linux.mount({ path: '/vol', fileSystem, readOnly });
  return { volume, guest, quota, foreign };
}
