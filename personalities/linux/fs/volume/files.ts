// The part of a memfs `Volume` that is used here, and how its stat becomes a file's attributes. The user brings the Volume, of
// whatever version, so its types are described here and memfs is not imported.
//
// memfs gives an inode number again once its file is gone, also while that file is still open. A number together with the time of
// its file's birth belongs to one file alone: guests see that pair as the inode number.

import type { HostAttributes } from '../../../../runtime/files/attributes.ts';
import { isSymlinkMode } from '../../vfs/mode.ts';
import { encodeName } from '../../vfs/names.ts';

export interface VolumeStats {
  readonly mode: number | bigint;
  readonly ino: number | bigint;
  readonly nlink: number | bigint;
  readonly uid: number | bigint;
  readonly gid: number | bigint;
  readonly size: number | bigint;
  readonly atimeMs: number | bigint;
  readonly mtimeMs: number | bigint;
  readonly ctimeMs: number | bigint;
  readonly birthtimeMs: number | bigint;
}

/** The part of memfs's API that is used; a `Volume`, and memfs's `fs`, have it. */
export interface VolumeFiles {
  lstatSync(path: string): VolumeStats;
  fstatSync(fd: number): VolumeStats;
  readdirSync(path: string): readonly unknown[];
  openSync(path: string, flags: string, mode?: number): number;
  closeSync(fd: number): void;
  readSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  ftruncateSync(fd: number, length: number): void;
  mkdirSync(path: string, options: { readonly mode?: number; readonly recursive?: false }): unknown;
  rmdirSync(path: string): void;
  unlinkSync(path: string): void;
  renameSync(from: string, to: string): void;
  linkSync(existing: string, path: string): void;
  symlinkSync(target: string, path: string): void;
  readlinkSync(path: string): unknown;
  chmodSync(path: string, mode: number): void;
  fchmodSync(fd: number, mode: number): void;
  lutimesSync(path: string, atime: Date, mtime: Date): void;
  futimesSync(fd: number, atime: Date, mtime: Date): void;
}

/** The further part of it that copies of whole trees use. */
export interface Volume extends VolumeFiles {
  readFileSync(path: string): unknown;
  writeFileSync(path: string, content: Uint8Array | string): void;
  mkdirSync(path: string, options: { readonly mode?: number; readonly recursive?: boolean }): unknown;
  utimesSync(path: string, atime: Date, mtime: Date): void;
}

const BLOCK = 512;
const SECOND_MS = 1000;
const NS_PER_MS = 1e6;
/** Inode numbers of memfs are small; births are told apart by what fits above them in 53 bits. */
const INO_BITS = 32n;
const BIRTH_MODULUS = 1n << 21n;

/** @param path of the file, undefined for an open one: a symbolic link is asked how long its target is */
export function takeVolumeStats(
  volume: VolumeFiles,
  stats: VolumeStats,
  path: string | undefined,
  into: HostAttributes,
): void {
  const mode = Number(stats.mode);
  const isLink = path !== undefined && isSymlinkMode(mode);
  // memfs says 0 of a symbolic link.
  const size = isLink ? encodeName(String(volume.readlinkSync(path))).length : Number(stats.size);
  into.dev = 0;
  into.ino = inoOf(stats);
  into.mode = mode;
  into.nlink = Number(stats.nlink);
  into.uid = Number(stats.uid);
  into.gid = Number(stats.gid);
  into.rdev = 0;
  into.size = size;
  into.storage = Math.ceil(size / BLOCK) * BLOCK;
  [into.atimeSec, into.atimeNsec] = timeOf(stats.atimeMs);
  [into.mtimeSec, into.mtimeNsec] = timeOf(stats.mtimeMs);
  [into.ctimeSec, into.ctimeNsec] = timeOf(stats.ctimeMs);
}

export function inoOf({ ino, birthtimeMs }: VolumeStats): bigint {
  const birth = Number(birthtimeMs);
  const born = Number.isFinite(birth) ? BigInt.asUintN(64, BigInt(Math.floor(birth))) % BIRTH_MODULUS : 0n;
  return BigInt.asUintN(Number(INO_BITS), BigInt(ino)) | (born << INO_BITS);
}

function timeOf(time: number | bigint): [sec: number, nsec: number] {
  const ms = Number(time);
  const sec = Math.floor(ms / SECOND_MS);
  return [sec, Math.round((ms - sec * SECOND_MS) * NS_PER_MS)];
}
