// Carries out requests on host directories, in whichever thread they live: the host directory worker, or a guest's own in
// the `library` placement. Holds the open mounts. Errors are answers; an exception is a bug of ours.

import { Errno } from '../abi/errno.ts';
import { emptyAttributes, type HostAttributes } from './host-attributes.ts';
import { HostDirectory } from './host-directory.ts';
import { type HostReply, type HostRequest, PAYLOAD, TRANSFER_MAX } from './host-directory-protocol.ts';
import { walkAhead } from './walk-ahead.ts';

type Mounted = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

export class HostDirectories {
  readonly #mounts: (HostDirectory | undefined)[] = [];

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply {
    const reply: HostReply = { result: 0, attributes: undefined, bytes: undefined };
    if (request.op === 'mount') {
      this.#mount(request.other, request.access !== 0, payload, reply);
      return reply;
    }
    const directory = this.#mounts[request.mount];
    if (directory === undefined) {
      reply.result = -Errno.ENODEV;
    } else if (request.op === 'unmount') {
      this.#mounts[request.mount] = undefined;
      directory.dispose();
    } else {
      reply.result = executeOn(directory, request, payload, reply);
      if (reply.result < 0) {
        reply.attributes = undefined;
        reply.bytes = undefined;
      }
    }
    return reply;
  }

  dispose(): void {
    for (const directory of this.#mounts) directory?.dispose();
    this.#mounts.length = 0;
  }

  #mount(path: Uint8Array, isReadOnly: boolean, payload: Uint8Array, reply: HostReply): void {
    const opened = HostDirectory.open(Buffer.from(path).toString(), { readOnly: isReadOnly });
    if (typeof opened === 'number') {
      reply.result = opened;
      return;
    }
    reply.attributes = emptyAttributes();
    const answer = opened.attributes.read(
      { file: -1, directory: 0, name: new Uint8Array(0), ino: 0n },
      reply.attributes,
    );
    if (answer < 0) {
      opened.dispose();
      reply.result = answer;
      return;
    }
    payload[0] = opened.isRaceFree ? 1 : 0;
    reply.bytes = payload.subarray(0, 1);
    reply.result = this.#mounts.push(opened) - 1;
  }
}

function executeOn(directory: HostDirectory, request: Mounted, payload: Uint8Array, reply: HostReply): number {
  switch (request.op) {
    case 'lookup':
      return directory.lookup(request.directory, request.name, wanted(reply));
    case 'walk':
      return put(reply, payload, walkAhead(directory, request.directory, request.other, payload));
    case 'forget':
      directory.nodes.forget(request.directory, request.length);
      return 0;
    case 'attributes':
      return directory.attributes.read(request, wanted(reply));
    case 'open':
      return directory.open(request.directory, request.name, request.ino, request.access, wanted(reply));
    case 'create':
      return directory.create(request.directory, request.name, request.mode, request.access, wanted(reply));
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
      return directory.attributes.setMode(request, request.mode);
    case 'setTimes':
      return directory.attributes.setTimes(request, request.atime, request.mtime);
    case 'truncate':
      return directory.attributes.truncate(request, request.position);
    case 'read':
    case 'write':
    case 'append':
      return transfer(directory, request, reply);
    case 'extend':
      return directory.isReadOnly ? -Errno.EROFS : directory.files.extend(request.file, request.position);
    case 'sync':
      return directory.files.sync(request.file, false);
    case 'syncData':
      return directory.files.sync(request.file, true);
    case 'close':
      return directory.files.close(request.file);
    case 'syncDirectory':
      return directory.syncDirectory(request.directory);
    case 'status':
      return status(directory, payload, reply);
    case 'list':
      return directory.openListing(request.directory);
    case 'entries':
      return put(reply, payload, directory.readEntries(request.file, payload));
  }
}

function transfer(
  { files }: HostDirectory,
  request: Extract<HostRequest, { op: 'read' | 'write' | 'append' }>,
  reply: HostReply,
): number {
  const { op, file, buffer, start, length, position } = request;
  if (length > TRANSFER_MAX || start + length > buffer.length) return -Errno.EINVAL;
  if (op === 'read') return files.read(file, buffer, start, length, position);
  if (op === 'write') return files.write(file, buffer, start, length, position);
  const count = files.write(file, buffer, start, length, -1);
  if (count >= 0) files.attributes(file, wanted(reply));
  return count;
}

function status(directory: HostDirectory, payload: Uint8Array, reply: HostReply): number {
  const status = { blockSize: 0, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  const answer = directory.status(status);
  if (answer < 0) return answer;
  const { blockSize, blocks, blocksFree, files, filesFree } = status;
  const numbers = Float64Array.of(blockSize, blocks, blocksFree, files, filesFree);
  payload.set(new Uint8Array(numbers.buffer));
  put(reply, payload, numbers.byteLength);
  return 0;
}

function wanted(reply: HostReply): HostAttributes {
  reply.attributes = emptyAttributes();
  return reply.attributes;
}

function put(reply: HostReply, payload: Uint8Array, length: number): number {
  if (length >= 0) reply.bytes = payload.subarray(0, Math.min(length, PAYLOAD));
  return length;
}
