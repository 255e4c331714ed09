// Carries out requests of the protocol of host directories on Volumes, in the thread where they live. The counterpart of
// runtime/host/host-directory-execute. Errors are answers.

import { Errno } from '../../../runtime/abi/errno.ts';
import { emptyAttributes, type HostAttributes } from '../../../runtime/host/host-attributes.ts';
import {
  type HostReply,
  type HostRequest,
  PAYLOAD,
  TRANSFER_MAX,
} from '../../../runtime/host/host-directory-protocol.ts';
import { walkAhead } from '../../../runtime/host/walk-ahead.ts';
import type { MountedVolume } from './volume-call.ts';
import { VolumeDirectory } from './volume-directory.ts';

type Mounted = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

const BLOCK = 4096;

/** The Volumes that one Linux has mounted. */
export class VolumeRequests {
  readonly #volumes: readonly MountedVolume[];
  readonly #mounts: (VolumeDirectory | undefined)[] = [];

  /** @param volumes by number; a `mount` names one by its number in decimal. The list may grow */
  constructor(volumes: readonly MountedVolume[]) {
    this.#volumes = volumes;
  }

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply {
    const reply: HostReply = { result: 0, attributes: undefined, bytes: undefined };
    if (request.op === 'mount') {
      reply.result = this.#mount(new TextDecoder().decode(request.other.slice()), request.access !== 0, reply);
      return reply;
    }
    const directory = this.#mounts[request.mount];
    if (directory === undefined) reply.result = -Errno.ENODEV;
    else if (request.op === 'unmount') {
      this.#mounts[request.mount] = undefined;
      directory.dispose();
    } else reply.result = executeOn(directory, request, payload, reply);
    if (reply.result < 0) {
      reply.attributes = undefined;
      reply.bytes = undefined;
    }
    return reply;
  }

  dispose(): void {
    for (const directory of this.#mounts) directory?.dispose();
    this.#mounts.length = 0;
  }

  #mount(number: string, isReadOnly: boolean, reply: HostReply): number {
    const volume = this.#volumes[Number(number)];
    if (volume === undefined) return -Errno.ENODEV;
    const directory = new VolumeDirectory(volume, isReadOnly);
    const top = { file: -1, directory: 0, name: new Uint8Array(0), ino: 0n };
    const result = directory.attributes(top, wanted(reply));
    return result < 0 ? result : this.#mounts.push(directory) - 1;
  }
}

function executeOn(directory: VolumeDirectory, request: Mounted, payload: Uint8Array, reply: HostReply): number {
  switch (request.op) {
    case 'lookup':
      return directory.lookup(request.directory, request.name, wanted(reply));
    case 'walk':
      return put(reply, payload, walkAhead(directory, request.directory, request.other, payload));
    case 'forget':
      directory.nodes.forget(request.directory, request.length);
      return 0;
    case 'attributes':
      return directory.attributes(request, wanted(reply));
    case 'open':
      return directory.openFile(request.directory, request.name, request.ino, request.access, wanted(reply));
    case 'create':
      return directory.create(request.directory, request.name, request.mode, wanted(reply));
    case 'mkdir':
      return directory.mkdir(request.directory, request.name, request.mode, wanted(reply));
    case 'symlink':
      return directory.symlink(request.directory, request.name, request.other, wanted(reply));
    case 'readlink':
      return put(reply, payload, directory.readlink(request.directory, request.name, payload));
    case 'unlink':
      return directory.unlink(request.directory, request.name);
    case 'rmdir':
      return directory.rmdir(request.directory, request.name);
    case 'rename':
      return directory.rename(request.directory, request.name, request.toDirectory, request.other);
    case 'link':
      return directory.link(request.directory, request.name, request.toDirectory, request.other);
    case 'setMode':
      return directory.setMode(request, request.mode);
    case 'setTimes':
      return directory.setTimes(request, request.atime, request.mtime);
    case 'truncate':
      return directory.truncate(request, request.position);
    case 'read':
    case 'write':
    case 'append':
      return transfer(directory, request, reply);
    case 'extend':
      return directory.isReadOnly ? -Errno.EROFS : directory.open.extend(request.file, request.position);
    case 'sync':
    case 'syncData':
      return directory.open.sync(request.file);
    case 'close':
      return directory.open.close(request.file);
    case 'syncDirectory':
      return directory.syncDirectory(request.directory);
    case 'status':
      return put(reply, payload, putStatus(directory.volume, payload));
    case 'list':
      return directory.openListing(request.directory);
    case 'entries':
      return put(reply, payload, directory.readEntries(request.file, payload));
  }
}

function transfer(
  { open }: VolumeDirectory,
  request: Extract<HostRequest, { op: 'read' | 'write' | 'append' }>,
  reply: HostReply,
): number {
  const { op, file, buffer, start, length, position } = request;
  if (length > TRANSFER_MAX || start + length > buffer.length) return -Errno.EINVAL;
  if (op === 'read') return open.read(file, buffer, start, length, position);
  if (op === 'write') return open.write(file, buffer, start, length, position);
  const count = open.write(file, buffer, start, length, -1);
  if (count >= 0) open.attributes(file, wanted(reply));
  return count;
}

/** What guests may still add. */
function putStatus({ quota }: MountedVolume, payload: Uint8Array): number {
  const blocks = Math.floor(quota.limit / BLOCK);
  const blocksFree = Math.floor(Math.max(0, quota.left) / BLOCK);
  const numbers = Float64Array.of(BLOCK, blocks, blocksFree, blocks, blocksFree);
  payload.set(new Uint8Array(numbers.buffer));
  return numbers.byteLength;
}

function wanted(reply: HostReply): HostAttributes {
  reply.attributes = emptyAttributes();
  return reply.attributes;
}

function put(reply: HostReply, payload: Uint8Array, length: number): number {
  if (length >= 0) reply.bytes = payload.subarray(0, Math.min(length, PAYLOAD));
  return length;
}
