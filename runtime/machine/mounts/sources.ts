// Makes the file system of a mount, in the thread that has the Linux, and mounts it there. Used by whoever has one: the
// system core, a guest's worker (`library`), a machine without shared memory.

import {
  type FileSystem,
  HostFileSystem,
  type Linux,
  LinuxError,
  MemoryFileSystem,
  OverlayFileSystem,
} from '../../../personalities/linux/index.ts';
import type { HostClient } from '../../files/client.ts';
import { baseOf, type MountMessage, type SourceMessage } from './table.ts';

/** Who is asked for files that are elsewhere; made when first needed. */
export interface MountClients {
  readonly host: () => HostClient;
  readonly volumes: () => HostClient;
  readonly opfs: () => HostClient;
}

/**
 * Mounts.
 *
 * @param done gets undefined, or why not: what the source lacks (ENOENT, ENOTDIR, EACCES), or Linux's errors. Called at once,
 *   or while the client's or Linux's `poll` and `takeRunnable` run
 */
export function mountSource(
  linux: Linux,
  { path, readOnly, source }: MountMessage,
  clients: MountClients,
  done: (error: LinuxError | undefined) => void,
): void {
  open(linux, source, readOnly, clients, (fileSystem) => {
    if (typeof fileSystem === 'number') {
      const base = baseOf(source);
      return done(new LinuxError(-fileSystem, 'mount', base.type === 'host' ? base.path : path));
    }
    linux.requestMount({ path, fileSystem, readOnly }, (outcome) => {
      if ('error' in outcome) fileSystem.dispose?.();
      done('error' in outcome ? outcome.error : undefined);
    });
  });
}

function open(
  linux: Linux,
  source: SourceMessage,
  readOnly: boolean,
  clients: MountClients,
  opened: (result: FileSystem | number) => void,
): void {
  switch (source.type) {
    case 'host':
      return HostFileSystem.open(clients.host(), source.path, readOnly, opened);
    case 'memfs':
      return HostFileSystem.open(clients.volumes(), String(source.volume), readOnly, opened, 'memfs');
    case 'opfs':
      return HostFileSystem.open(clients.opfs(), source.path, readOnly, opened, 'opfs');
    case 'tmpfs': {
      const { size, mode } = source;
      return opened(
        new MemoryFileSystem({
          clock: linux.clock,
          quotaBytes: size,
          within: linux.storage,
          type: 'tmpfs',
          rootMode: mode,
        }),
      );
    }
    case 'overlay': {
      const { lower, size } = source;
      // What is below is only read, and the host is told so.
      return open(linux, lower, true, clients, (below) => {
        if (typeof below === 'number') return opened(below);
        const { clock, storage } = linux;
        const upper = new MemoryFileSystem({ clock, quotaBytes: size, within: storage });
        opened(new OverlayFileSystem({ lower: below, upper, clock }));
      });
    }
    default:
      source satisfies never;
  }
}
