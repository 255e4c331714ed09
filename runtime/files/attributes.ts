// The attributes of a host file in plain numbers, as they cross from the thread that asks the host to the one that serves
// guests. Node's stat with 64-bit integers is the source: the other kind rounds times to a quarter of a microsecond.

import type { BigIntStats } from 'node:fs';

/** What stat(2) tells, and the number of the directory node where there is one. */
export interface HostAttributes {
  dev: number;
  /** All 64 bits: with `dev` it names the file. */
  ino: bigint;
  /** Type and permission bits, Linux's numbers. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  /** Storage in bytes. */
  storage: number;
  atimeSec: number;
  atimeNsec: number;
  mtimeSec: number;
  mtimeNsec: number;
  ctimeSec: number;
  ctimeNsec: number;
}

/** Numbers that attributes take where they cross: all but `ino`, which crosses as an integer. */
export const ATTRIBUTE_NUMBERS = 14;

// One line an attribute: a loop over names takes several times as long, and paths have many names.

/** Puts all but `ino` from an index on. */
export function putAttributes(from: HostAttributes, into: Float64Array, index: number): void {
  into[index] = from.dev;
  into[index + 1] = from.mode;
  into[index + 2] = from.nlink;
  into[index + 3] = from.uid;
  into[index + 4] = from.gid;
  into[index + 5] = from.rdev;
  into[index + 6] = from.size;
  into[index + 7] = from.storage;
  into[index + 8] = from.atimeSec;
  into[index + 9] = from.atimeNsec;
  into[index + 10] = from.mtimeSec;
  into[index + 11] = from.mtimeNsec;
  into[index + 12] = from.ctimeSec;
  into[index + 13] = from.ctimeNsec;
}

/** What `putAttributes` has put. */
export function attributesAt(from: Float64Array, index: number, ino: bigint): HostAttributes {
  return {
    dev: from[index] as number,
    ino: BigInt.asUintN(64, ino),
    mode: from[index + 1] as number,
    nlink: from[index + 2] as number,
    uid: from[index + 3] as number,
    gid: from[index + 4] as number,
    rdev: from[index + 5] as number,
    size: from[index + 6] as number,
    storage: from[index + 7] as number,
    atimeSec: from[index + 8] as number,
    atimeNsec: from[index + 9] as number,
    mtimeSec: from[index + 10] as number,
    mtimeNsec: from[index + 11] as number,
    ctimeSec: from[index + 12] as number,
    ctimeNsec: from[index + 13] as number,
  };
}

export function emptyAttributes(): HostAttributes {
  return {
    dev: 0,
    ino: 0n,
    mode: 0,
    nlink: 0,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    storage: 0,
    atimeSec: 0,
    atimeNsec: 0,
    mtimeSec: 0,
    mtimeNsec: 0,
    ctimeSec: 0,
    ctimeNsec: 0,
  };
}

export function takeStats(stats: BigIntStats, into: HostAttributes): void {
  into.dev = Number(stats.dev);
  into.ino = stats.ino;
  into.mode = Number(stats.mode);
  into.nlink = Number(stats.nlink);
  into.uid = Number(stats.uid);
  into.gid = Number(stats.gid);
  into.rdev = Number(stats.rdev);
  into.size = Number(stats.size);
  into.storage = Number(stats.blocks) * 512;
  into.atimeSec = secondsOf(stats.atimeNs);
  into.atimeNsec = nanosecondsOf(stats.atimeNs, into.atimeSec);
  into.mtimeSec = secondsOf(stats.mtimeNs);
  into.mtimeNsec = nanosecondsOf(stats.mtimeNs, into.mtimeSec);
  into.ctimeSec = secondsOf(stats.ctimeNs);
  into.ctimeNsec = nanosecondsOf(stats.ctimeNs, into.ctimeSec);
}

const SECOND = 1_000_000_000n;

/** Whole seconds, rounded down: a time before 1970 has nanoseconds above a lower second. */
function secondsOf(ns: bigint): number {
  const seconds = Number(ns / SECOND);
  return ns < 0n && ns % SECOND !== 0n ? seconds - 1 : seconds;
}

function nanosecondsOf(ns: bigint, seconds: number): number {
  return Number(ns - BigInt(seconds) * SECOND);
}
