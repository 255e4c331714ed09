// Carries out requests of the protocol of host directories on Volumes, in the thread where they live. The counterpart of
// runtime/host/host-directory-execute. Errors are answers.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { FileTarget } from '../../../runtime/host/attribute-changes.ts';
import { emptyAttributes, type HostAttributes } from '../../../runtime/host/host-attributes.ts';
import {
  type HostReply,
  type HostRequest,
  type HostTarget,
  PAYLOAD,
  TRANSFER_MAX,
} from '../../../runtime/host/host-directory-protocol.ts';
import { KnownPlaces } from '../../../runtime/host/known-places.ts';
import { walkAhead } from '../../../runtime/host/walk-ahead.ts';
import type { MountedVolume } from './volume-call.ts';
import { VolumeDirectory } from './volume-directory.ts';

interface Mount {
  readonly directory: VolumeDirectory;
  readonly places: KnownPlaces;
}

type Mounted = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

const BLOCK = 4096;

/** The Volumes that one Linux has mounted. */
export class VolumeRequests {
  readonly #volumes: readonly MountedVolume[];
  readonly #mounts: (Mount | undefined)[] = [];

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
    const mount = this.#mounts[request.mount];
    if (mount === undefined) reply.result = -Errno.ENODEV;
    else if (request.op === 'unmount') {
      this.#mounts[request.mount] = undefined;
      mount.directory.dispose();
    } else reply.result = executeOn(mount, request, payload, reply);
    if (reply.result < 0) {
      reply.attributes = undefined;
      reply.bytes = undefined;
    }
    return reply;
  }

  dispose(): void {
    for (const mount of this.#mounts) mount?.directory.dispose();
    this.#mounts.length = 0;
  }

  #mount(number: string, isReadOnly: boolean, reply: HostReply): number {
    const volume = this.#volumes[Number(number)];
    if (volume === undefined) return -Errno.ENODEV;
    const directory = new VolumeDirectory(volume, isReadOnly);
    const top = { file: -1, directory: 0, name: new Uint8Array(0), ino: 0n };
    const result = directory.attributes(top, wanted(reply));
    if (result < 0) return result;
    return this.#mounts.push({ directory, places: new KnownPlaces(directory.nodes) }) - 1;
  }
}

function executeOn({ directory, places }: Mount, request: Mounted, payload: Uint8Array, reply: HostReply): number {
  switch (request.op) {
    case 'lookup':
      return places.on(request.directory, (node) =>
        places.keepResult(directory.lookup(node, request.name, wanted(reply))),
      );
    case 'walk':
      return walk({ directory, places }, request, payload, reply);
    case 'place':
      return Math.min(places.locate(request.directory), 0);
    case 'attributes':
      return onTarget(places, request, (target) => directory.attributes(target, wanted(reply)));
    case 'open':
      return places.on(request.directory, (node) =>
        directory.openFile(node, request.name, request.ino, request.access, wanted(reply)),
      );
    case 'create':
      return places.on(request.directory, (node) => directory.create(node, request.name, request.mode, wanted(reply)));
    case 'mkdir':
      return places.on(request.directory, (node) =>
        places.keepResult(directory.mkdir(node, request.name, request.mode, wanted(reply))),
      );
    case 'symlink':
      return places.on(request.directory, (node) =>
        places.keepResult(directory.symlink(node, request.name, request.other, wanted(reply))),
      );
    case 'readlink':
      return put(
        reply,
        payload,
        places.on(request.directory, (node) => directory.readlink(node, request.name, payload)),
      );
    case 'unlink':
      return places.on(request.directory, (node) => directory.unlink(node, request.name));
    case 'rmdir':
      return places.on(request.directory, (node) => directory.rmdir(node, request.name));
    case 'rename':
      return places.on(request.directory, (node) =>
        places.on(request.toDirectory, (to) => directory.rename(node, request.name, to, request.other)),
      );
    case 'link':
      return places.on(request.directory, (node) =>
        places.on(request.toDirectory, (to) => directory.link(node, request.name, to, request.other)),
      );
    case 'setMode':
      return onTarget(places, request, (target) => directory.setMode(target, request.mode));
    case 'setTimes':
      return onTarget(places, request, (target) => directory.setTimes(target, request.atime, request.mtime));
    case 'truncate':
      return onTarget(places, request, (target) => directory.truncate(target, request.position));
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
      return places.on(request.directory, (node) => directory.syncDirectory(node));
    case 'status':
      return put(reply, payload, putStatus(directory.volume, payload));
    case 'list':
      return places.on(request.directory, (node) => directory.openListing(node));
    case 'entries':
      return put(reply, payload, directory.readEntries(request.file, payload));
  }
}

/** Nothing is opened ahead. */
function walk(
  { directory, places }: Mount,
  request: Extract<HostRequest, { op: 'walk' }>,
  payload: Uint8Array,
  reply: HostReply,
): number {
  const keep = (given: number): void => places.keep(given);
  const length = places.on(
    request.directory,
    (node) => walkAhead(directory, node, request.other, 0, 0n, payload, keep).length,
  );
  return Math.min(put(reply, payload, length), 0);
}

function onTarget(places: KnownPlaces, target: HostTarget, operation: (target: FileTarget) => number): number {
  const { file, name, ino } = target;
  if (file >= 0) return operation({ file, directory: 0, name, ino });
  return places.on(target.directory, (directory) => operation({ file, directory, name, ino }));
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
