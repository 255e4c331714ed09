// A file system whose files are served elsewhere, by the protocol of runtime/files: a directory of the host, a page's OPFS, or a
// memfs Volume in its owner's thread. Here the served files become inodes, and a system call that asks for one waits for the
// answer. A slow server delays only the calls that ask it; one that refuses or vanishes is their errno (EACCES, ENOSPC, ENOENT,
// ESTALE). The server keeps guests inside the directory (runtime/files/disk/directory, for the host's disk).
// The thread that boots Linux opens it; Linux's thread alone uses it.
//
// Limits: a host user who renames directories can make ESTALE of what a guest holds by name, and no more; an error that the host
// reports when a file is closed is lost (fsync reports it); nobody can change set-user-id bits or owners.

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { HostClient } from '../../../../runtime/files/client.ts';
import type { HostReply } from '../../../../runtime/files/protocol.ts';
import { takeStatus } from '../../../../runtime/files/status.ts';
import type { Caller } from '../../vfs/caller.ts';
import { type FileSystem, type FileSystemStatus, nextDevice } from '../../vfs/inode.ts';
import type { HostInode } from './inode.ts';
import { HostInodes } from './inodes.ts';
import { HostRequests } from './requests.ts';

export class HostFileSystem implements FileSystem {
  readonly type: string;
  readonly device = nextDevice();
  readonly root: HostInode;
  /** Whether renames on the host cannot lead guests out of the directory (see runtime/files/disk/directory). */
  readonly isRaceFree: boolean;
  readonly #requests: HostRequests;

  private constructor(
    client: HostClient,
    reply: HostReply & { attributes: NonNullable<HostReply['attributes']> },
    type: string,
  ) {
    this.type = type;
    this.#requests = new HostRequests(client, reply.result);
    this.isRaceFree = reply.bytes?.[0] === 1;
    this.root = new HostInodes(this, this.#requests).top(reply.attributes);
  }

  /**
   * Opens a directory of the host.
   *
   * Errors: ENOENT; ENOTDIR; EACCES.
   *
   * @param path on the host
   * @param isReadOnly the host side refuses changes too, whatever the mount says
   * @param type as /proc/mounts shows it
   * @param opened gets the file system or −errno, when `client.poll` takes the answer
   */
  static open(
    client: HostClient,
    path: string,
    isReadOnly: boolean,
    opened: (result: HostFileSystem | number) => void,
    type = 'hostfs',
  ): void {
    const other = new TextEncoder().encode(path);
    client.submit({ op: 'mount', mount: 0, other, access: isReadOnly ? 1 : 0 }, undefined, (reply) => {
      const { attributes } = reply;
      if (attributes === undefined) opened(reply.result < 0 ? reply.result : -Errno.EIO);
      else opened(new HostFileSystem(client, { ...reply, attributes }, type));
    });
  }

  status(caller: Caller): FileSystemStatus | number {
    const { mount } = this.#requests;
    return this.#requests.ask(
      caller,
      `status ${mount}`,
      () => ({ op: 'status', mount }),
      ({ result, bytes }) => (bytes === undefined ? result : takeStatus(bytes)),
    );
  }

  isBusy(): boolean {
    return this.#requests.isBusy;
  }

  poll(): void {
    this.#requests.poll();
  }

  dispose(): void {
    this.#requests.dispose();
  }
}
