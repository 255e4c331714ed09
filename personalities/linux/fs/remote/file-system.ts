// A directory of the host as a file system of the guests. What keeps guests inside of it is in runtime/host/host-directory;
// here its files become inodes, and requests that take time become calls that wait. A host that is slow delays the calls
// that ask it, nobody else; one that refuses or vanishes is their errno (EACCES, ENOSPC, ENOENT, ESTALE).
// Made by whoever boots Linux; Linux's thread alone.
//
// Limits: a host user who renames directories may turn what a guest holds by name only into ESTALE; what closing a file
// reports is lost (fsync tells); set-user-id bits and ownership cannot be changed.

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
  /** Whether renames on the host cannot lead guests out of the directory (see runtime/host/host-directory). */
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
