// Of `machine.fs`: what tells and changes attributes of files.

import type { HostStat, HostStatFs } from '../../../personalities/linux/booting-thread.ts';
import { withCode } from '../values/arguments.ts';
import { idOf, modeOf, type OpenMode, secondsOf, statIsBig, type TimeLike } from './fs-options.ts';
import { type PathLike, pathOf } from './paths.ts';
import type { FileRequest } from './request.ts';
import { BigIntStats, bigStatFsOf, type StatFs, Stats, statFsOf } from './stats.ts';

export function createAttributes(request: FileRequest) {
  const statBy =
    (operation: 'stat' | 'lstat') =>
    async (path: unknown, options: unknown): Promise<Stats | BigIntStats> => {
      const at = pathOf(path);
      const isBig = statIsBig(options);
      const stat = (await request(operation, [at])) as HostStat;
      return isBig ? new BigIntStats(stat) : new Stats(stat);
    };
  const [statOf, lstatOf] = [statBy('stat'), statBy('lstat')];

  async function stat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  async function stat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>;
  async function stat(path: unknown, options?: unknown): Promise<Stats | BigIntStats> {
    return statOf(path, options);
  }

  async function lstat(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<Stats>;
  async function lstat(path: PathLike, options: { readonly bigint: true }): Promise<BigIntStats>;
  async function lstat(path: unknown, options?: unknown): Promise<Stats | BigIntStats> {
    return lstatOf(path, options);
  }

  async function statfs(path: PathLike, options?: { readonly bigint?: false | undefined }): Promise<StatFs>;
  async function statfs(path: PathLike, options: { readonly bigint: true }): Promise<StatFs<bigint>>;
  async function statfs(path: unknown, options?: unknown): Promise<StatFs | StatFs<bigint>> {
    const at = pathOf(path);
    const isBig = statIsBig(options);
    const status = (await request('statfs', [at])) as HostStatFs;
    return isBig ? bigStatFsOf(status) : statFsOf(status);
  }

  const chownBy =
    (operation: 'chown' | 'lchown') =>
    /** @param uid −1: left as it is; `gid` likewise */
    async (path: PathLike, uid: number, gid: number): Promise<void> => {
      const at = pathOf(path);
      await request(operation, [at, idOf(uid, 'uid'), idOf(gid, 'gid')]);
    };

  const utimesBy =
    (operation: 'utimes' | 'lutimes') =>
    /** Times as Date, or seconds since 1970 as a number or text; as in Node, a number below 0 is the present. */
    async (path: PathLike, atime: TimeLike, mtime: TimeLike): Promise<void> => {
      const at = pathOf(path);
      await request(operation, [at, secondsOf(atime), secondsOf(mtime)]);
    };

  return {
    stat,
    lstat,
    statfs,
    /** @param mode a number, or octal as text */
    chmod: async (path: PathLike, mode: OpenMode): Promise<void> => {
      const at = pathOf(path);
      await request('chmod', [at, modeOf(mode, 'mode')]);
    },
    /** Errors: ERR_METHOD_NOT_IMPLEMENTED: a link has no mode of its own, as on Linux. */
    lchmod: async (_path: PathLike, _mode: OpenMode): Promise<void> => {
      throw withCode(new Error('The lchmod() method is not implemented'), 'ERR_METHOD_NOT_IMPLEMENTED');
    },
    chown: chownBy('chown'),
    lchown: chownBy('lchown'),
    utimes: utimesBy('utimes'),
    lutimes: utimesBy('lutimes'),
  };
}
