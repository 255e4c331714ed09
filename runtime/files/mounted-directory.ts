// Carries out one request on a mounted directory, of whichever kind: the host's (disk/execute), a Volume's
// (personalities/linux/fs/volume/requests), OPFS's (opfs/requests). The kinds differ in how they mount, and OPFS, which takes
// time, in how it looks names up. Runs in the thread that serves the mount (no builtins). Errors are answers.

import { Errno } from '../abi/errno.ts';
import { emptyAttributes, type HostAttributes } from './attributes.ts';
import type { KnownPlaces } from './known-places.ts';
import { bareReply, type HostReply, type HostRequest, type HostTarget, PAYLOAD, TRANSFER_MAX } from './protocol.ts';
import { lookOrOpen, type Walkable, walkAhead } from './walk-ahead.ts';

type Asked<Op extends HostRequest['op']> = Extract<HostRequest, { op: Op }>;

/** What is asked of a mount that is there. */
export type MountedRequest = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

/**
 * A directory and what is below it. Directories are node numbers, 0 the top; results are those of the requests, or −errno.
 * `Late`: `never` where every result is there at once, else a promise.
 */
export interface MountedDirectory<Late extends Promise<number> = never> {
  readonly isReadOnly: boolean;
  open(directory: number, name: Uint8Array, ino: bigint, access: number, into: HostAttributes): number | Late;
  create(directory: number, name: Uint8Array, mode: number, access: number, into: HostAttributes): number | Late;
  /** @returns the number of the new node */
  mkdir(directory: number, name: Uint8Array, mode: number, into: HostAttributes): number | Late;
  symlink(directory: number, name: Uint8Array, target: Uint8Array, into: HostAttributes): number | Late;
  /** @returns bytes put */
  readlink(directory: number, name: Uint8Array, into: Uint8Array): number | Late;
  unlink(directory: number, name: Uint8Array): number | Late;
  rmdir(directory: number, name: Uint8Array): number | Late;
  rename(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number | Late;
  link(directory: number, name: Uint8Array, toDirectory: number, newName: Uint8Array): number | Late;
  syncDirectory(directory: number): number | Late;
  /** See host-status. @returns bytes put */
  status(into: Uint8Array): number | Late;
  openListing(directory: number): number | Late;
  /** @returns bytes put */
  readEntries(listing: number, into: Uint8Array): number;
  /** Closes a file or a listing. */
  close(file: number): number;
}

/** A file: open (`file`), or by its name in a directory node; an empty name is the directory itself, `file` then −1. */
export interface FileTarget {
  readonly file: number;
  readonly directory: number;
  readonly name: Uint8Array;
  /** What the name must still stand for, else ESTALE; 0n: anything. */
  readonly ino: bigint;
}

/** Attributes of files by whatever a request may name them. */
export interface MountedAttributes<Late extends Promise<number> = never> {
  stat(target: FileTarget, into: HostAttributes): number | Late;
  setMode(target: FileTarget, mode: number): number | Late;
  setTimes(target: FileTarget, atime: number, mtime: number): number | Late;
  truncate(target: FileTarget, size: number): number | Late;
}

/** Files that are open. */
export interface MountedFiles {
  read(file: number, into: Uint8Array, start: number, length: number, position: number): number;
  /** @param position −1: at the end of the file */
  write(file: number, from: Uint8Array, start: number, length: number, position: number): number;
  attributes(file: number, into: HostAttributes): number;
  extend(file: number, size: number): number;
  sync(file: number, dataOnly: boolean): number;
}

export interface Mount<Late extends Promise<number> = never> {
  readonly directory: MountedDirectory<Late>;
  readonly attributes: MountedAttributes<Late>;
  readonly files: MountedFiles;
  readonly places: KnownPlaces;
}

/** A mount on which nothing takes time. */
export interface PromptMount extends Mount {
  readonly directory: MountedDirectory & Walkable;
}

/** The top of a mount. */
export const TOP_TARGET: FileTarget = { file: -1, directory: 0, name: new Uint8Array(0), ino: 0n };

/** Carries a request out at once. @param payload where an answer's bytes go */
export function carryOut(mount: PromptMount, request: MountedRequest, payload: Uint8Array): HostReply {
  const reply = bareReply(0);
  return finish(mount, request, resultOf(mount, request, payload, reply), payload, reply);
}

function resultOf(mount: PromptMount, request: MountedRequest, payload: Uint8Array, reply: HostReply): number {
  switch (request.op) {
    case 'lookup':
      return lookup(mount, request, wanted(reply));
    case 'walk':
      return walk(mount, request, payload, reply);
    default:
      return begin(mount, request, payload, reply);
  }
}

/** Carries out all but lookups, or begins to. @returns what `finish` is to be given */
export function begin<Late extends Promise<number>>(
  { directory, attributes, files, places }: Mount<Late>,
  request: Exclude<MountedRequest, { op: 'lookup' | 'walk' }>,
  payload: Uint8Array,
  reply: HostReply,
): number | Late {
  switch (request.op) {
    case 'place':
      return Math.min(places.locate(request.directory), 0);
    case 'attributes':
      return onTarget(places, request, (target) => attributes.stat(target, wanted(reply)));
    case 'open':
      return places.on(request.directory, (node) =>
        directory.open(node, request.name, request.ino, request.access, wanted(reply)),
      );
    case 'create':
      return places.on(request.directory, (node) =>
        directory.create(node, request.name, request.mode, request.access, wanted(reply)),
      );
    case 'mkdir':
      return places.on(request.directory, (node) => directory.mkdir(node, request.name, request.mode, wanted(reply)));
    case 'symlink':
      return places.on(request.directory, (node) =>
        directory.symlink(node, request.name, request.other, wanted(reply)),
      );
    case 'readlink':
      return places.on(request.directory, (node) => directory.readlink(node, request.name, payload));
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
      return onTarget(places, request, (target) => attributes.setMode(target, request.mode));
    case 'setTimes':
      return onTarget(places, request, (target) => attributes.setTimes(target, request.atime, request.mtime));
    case 'truncate':
      return onTarget(places, request, (target) => attributes.truncate(target, request.position));
    case 'read':
    case 'write':
    case 'append':
      return transfer(files, request, reply);
    case 'extend':
      return directory.isReadOnly ? -Errno.EROFS : files.extend(request.file, request.position);
    case 'sync':
      return files.sync(request.file, false);
    case 'syncData':
      return files.sync(request.file, true);
    case 'close':
      return directory.close(request.file);
    case 'syncDirectory':
      return places.on(request.directory, (node) => directory.syncDirectory(node));
    case 'status':
      return directory.status(payload);
    case 'list':
      return places.on(request.directory, (node) => directory.openListing(node));
    case 'entries':
      return directory.readEntries(request.file, payload);
    case 'unknown':
      return -Errno.ENOSYS;
  }
}

/** Completes the answer by a request's result. An error carries nothing else. */
export function finish(
  { places }: { readonly places: KnownPlaces },
  { op }: MountedRequest,
  result: number,
  payload: Uint8Array,
  reply: HostReply,
): HostReply {
  reply.result = result;
  if (result < 0) {
    reply.attributes = undefined;
    reply.bytes = undefined;
  } else if (op === 'mkdir') reply.result = places.keepResult(result);
  else if (op === 'readlink' || op === 'status' || op === 'entries') putBytes(reply, payload, result);
  return reply;
}

/** Attributes that the answer carries. */
export function wanted(reply: HostReply): HostAttributes {
  reply.attributes = emptyAttributes();
  return reply.attributes;
}

/** Bytes that the answer carries, if they were put. */
export function putBytes(reply: HostReply, payload: Uint8Array, length: number): void {
  if (length >= 0) reply.bytes = payload.subarray(0, Math.min(length, PAYLOAD));
}

/** @returns 1 + the descriptor of what was opened as well, 0, or −errno */
function lookup({ directory, places }: PromptMount, request: Asked<'lookup'>, into: HostAttributes): number {
  const { name, ino, access } = request;
  let file = -1;
  const result = places.on<never>(request.directory, (node) => {
    const looked = lookOrOpen(directory, node, name, ino, access, into);
    file = looked.file;
    return places.keepResult(looked.node);
  });
  return result === 0 && file >= 0 ? 1 + file : result;
}

/** As `lookup`, of the last name. */
function walk(
  { directory, places }: PromptMount,
  request: Asked<'walk'>,
  payload: Uint8Array,
  reply: HostReply,
): number {
  const { other, ino, access } = request;
  let file = -1;
  const length = places.on<never>(request.directory, (node) => {
    const walked = walkAhead(directory, node, other, access, ino, payload, (given) => places.keep(given));
    file = walked.file;
    return walked.length;
  });
  putBytes(reply, payload, length);
  return length < 0 ? length : Math.max(file, -1) + 1;
}

function onTarget<Late extends Promise<number>>(
  places: KnownPlaces,
  target: HostTarget,
  operation: (target: FileTarget) => number | Late,
): number | Late {
  const { file, name, ino } = target;
  if (file >= 0) return operation({ file, directory: 0, name, ino });
  return places.on(target.directory, (directory) => operation({ file, directory, name, ino }));
}

function transfer(files: MountedFiles, request: Asked<'read' | 'write' | 'append'>, reply: HostReply): number {
  const { op, file, buffer, start, length, position } = request;
  if (length > TRANSFER_MAX || start + length > buffer.length) return -Errno.EINVAL;
  if (op === 'read') return files.read(file, buffer, start, length, position);
  if (op === 'write') return files.write(file, buffer, start, length, position);
  const count = files.write(file, buffer, start, length, -1);
  if (count >= 0) files.attributes(file, wanted(reply));
  return count;
}
