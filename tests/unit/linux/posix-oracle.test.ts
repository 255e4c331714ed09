// POSIX file cases, each run on the host's own file system and on ours, of each kind: the same results and errnos, call by
// call. Of an overlay another part of the tree lies below in each case.
// Paths are relative to an empty directory that belongs to the caller.

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyscallContext } from '../../../personalities/linux/index.ts';
import { find, truncate } from '../../../personalities/linux/syscalls/attributes.ts';
import {
  linkAt,
  mkdirAt,
  readlinkAt,
  renameAt,
  rmdirAt,
  symlinkAt,
  unlinkAt,
} from '../../../personalities/linux/syscalls/links.ts';
import { openAt } from '../../../personalities/linux/syscalls/open.ts';
import type { FileDescription, Inode } from '../../../personalities/linux/vfs/inode.ts';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../personalities/linux/vfs/mode.ts';
import { FOLLOW } from '../../../personalities/linux/vfs/walk.ts';
import { errnoName } from '../../../runtime/abi/errno.ts';
import { isLong } from '../../support/long.ts';
import { linuxCall, putText } from './linux-call.ts';
import { takeStep } from './oracle/file-steps.ts';
import { KINDS, type Kind, TreeGuest, VOLUME_ROOT } from './overlay-guests.ts';

type Step =
  | readonly ['mkdir' | 'rmdir' | 'unlink' | 'stat' | 'lstat' | 'readlink' | 'list', string]
  | readonly ['rename' | 'link' | 'symlink', string, string]
  | readonly ['open', string, number]
  | readonly ['write', string, string]
  | readonly ['truncate', string, number];

const LONG = 'n'.repeat(255);
/** Each kind takes all cases where there is time, else a part: another one than its neighbours. */
const SHARES = isLong ? 1 : 6;
const isLinux = process.platform === 'linux';

/** Steps that every case begins with: files, directories, links of all kinds. */
const TREE: readonly Step[] = [
  ['mkdir', 'd'],
  ['mkdir', 'd/sub'],
  ['mkdir', 'e'],
  ['mkdir', 'full'],
  ['write', 'full/x', 'x'],
  ['write', 'f', 'contents'],
  ['write', 'g', 'other'],
  ['link', 'f', 'h'],
  ['symlink', 'f', 'lf'],
  ['symlink', 'd', 'ld'],
  ['symlink', 'nowhere', 'dangling'],
  ['symlink', 'loop', 'loop'],
  ['symlink', 'ld/sub', 'deep'],
];

const PATHS = [
  'f',
  'f/',
  'f/.',
  'f/..',
  'f/x',
  'd',
  'd/',
  'd/.',
  'd/..',
  'd/sub/../..',
  'd//sub',
  'nope',
  'nope/',
  'nope/x',
  'lf',
  'lf/',
  'ld',
  'ld/',
  'ld/sub',
  'ld/.',
  'ld/..',
  'deep',
  'deep/',
  'dangling',
  'dangling/',
  'dangling/x',
  'loop',
  'loop/',
  'loop/x',
  '.',
  '..',
  './',
  '',
  'full',
  'full/',
  LONG,
  `${LONG}n`,
  `${LONG}n/x`,
  `d/${LONG}`,
]; // prettier-ignore
const FLAGS = new Map<string, number>([
  ['O_RDONLY', O_RDONLY],
  ['O_RDWR', O_RDWR],
  ['O_RDONLY|O_DIRECTORY', O_RDONLY | O_DIRECTORY],
  ['O_RDONLY|O_NOFOLLOW', O_RDONLY | O_NOFOLLOW],
  ['O_RDONLY|O_DIRECTORY|O_NOFOLLOW', O_RDONLY | O_DIRECTORY | O_NOFOLLOW],
  ['O_WRONLY|O_TRUNC', O_WRONLY | O_TRUNC],
  ['O_WRONLY|O_CREAT', O_WRONLY | O_CREAT],
  ['O_RDONLY|O_CREAT', O_RDONLY | O_CREAT],
  ['O_WRONLY|O_CREAT|O_EXCL', O_WRONLY | O_CREAT | O_EXCL],
  ['O_WRONLY|O_CREAT|O_NOFOLLOW', O_WRONLY | O_CREAT | O_NOFOLLOW],
]);
const PAIRS = [
  'f',
  'g',
  'h',
  'f/',
  'd',
  'd/',
  'd/sub',
  'd/sub/new',
  'e',
  'e/',
  'full',
  'full/',
  'nope',
  'nope/',
  'new',
  'new/',
  'd/new',
  'lf',
  'lf/',
  'ld',
  'ld/',
  'dangling',
  'loop',
  'loop/x',
  'f/x',
  '.',
  '..',
  'd/.',
  'd/..',
  '',
];

const CASES: (readonly [string, readonly Step[]])[] = [
  ...PATHS.flatMap((path): [string, Step[]][] => [
    [`stat ${show(path)}`, [['stat', path]]],
    [`lstat ${show(path)}`, [['lstat', path]]],
    [`readlink ${show(path)}`, [['readlink', path]]],
    [`list ${show(path)}`, [['list', path]]],
    [
      `mkdir ${show(path)}`,
      [
        ['mkdir', path],
        ['stat', path],
      ],
    ],
    [
      `rmdir ${show(path)}`,
      [
        ['rmdir', path],
        ['lstat', path],
      ],
    ],
    [
      `unlink ${show(path)}`,
      [
        ['unlink', path],
        ['lstat', path],
        ['stat', 'h'],
      ],
    ],
    [
      `truncate ${show(path)}`,
      [
        ['truncate', path, 3],
        ['stat', path],
      ],
    ],
    ...[...FLAGS].map(([name, flags]): [string, Step[]] => [
      `open ${show(path)} ${name}`,
      [
        ['open', path, flags],
        ['stat', path],
        ['lstat', 'nowhere'],
      ],
    ]),
  ]),
  ...PAIRS.flatMap((from) =>
    PAIRS.flatMap((to): [string, Step[]][] => [
      [
        `rename ${show(from)} ${show(to)}`,
        [
          ['rename', from, to],
          ['lstat', from],
          ['lstat', to],
          ['list', '.'],
          ['stat', 'd'],
          ['stat', 'f'],
        ],
      ],
      [
        `link ${show(from)} ${show(to)}`,
        [
          ['link', from, to],
          ['lstat', to],
          ['lstat', from],
        ],
      ],
    ]),
  ),
  ...PAIRS.map((to): [string, Step[]] => [
    `symlink ${show(to)}`,
    [
      ['symlink', 'target', to],
      ['lstat', to],
      ['readlink', to],
    ],
  ]),
  ['a chain of 40 links', chain(40)],
  ['a chain of 41 links', chain(41)],
];

/** Where a host differs from Linux's own rules, or we do, and why. */
const DIFFERENT = new Map<string, string>([]);

describe.runIf(isLinux)('a file case gives what the host gives', () => {
  let base: string;
  const onTheHost: string[][] = [];
  beforeAll(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'oracle-'));
    for (const [i, [, steps]] of CASES.entries()) onTheHost.push(onHost(join(base, String(i), 'case'), steps));
  });
  afterAll(() => fs.rmSync(base, { recursive: true }));

  it.each([...([...KINDS, VOLUME_ROOT] as Kind[]).entries()])('of its share of them, %s, on %s', (share, kind) => {
    expect(CASES.length).toBeGreaterThan(300);
    expect(differencesOn(kind, (i) => i % SHARES === share % SHARES, ourStep)).toEqual([]);
  });

  it(`through the handlers of Linux's rows, ${isLong ? 'all' : 'a share'} of them`, () => {
    const [kind] = KINDS;
    expect(differencesOn(kind, (i) => i % SHARES === 0, rowStep)).toEqual([]);
  });

  function differencesOn(kind: Kind, isAmong: (index: number) => boolean, take: StepTaker): string[] {
    const differences: string[] = [];
    for (const [i, [name, steps]] of CASES.entries()) {
      if (DIFFERENT.has(name) || !isAmong(i)) continue;
      const host = JSON.stringify(onTheHost[i]);
      const below = i % (TREE.length + 1);
      const ours = JSON.stringify(onOurs(kind, below, steps, take));
      if (host !== ours) differences.push(`${name}, ${below} steps below: host ${host}, ours ${ours}`);
    }
    return differences;
  }
});

function show(path: string): string {
  return path.length > 64 ? `${path.length} characters` : `"${path}"`;
}

function chain(length: number): Step[] {
  const steps: Step[] = [];
  for (let i = 1; i <= length; i++) steps.push(['symlink', i === 1 ? 'f' : `c${i - 1}`, `c${i}`]);
  return [...steps, ['stat', `c${length}`]];
}

function onHost(directory: string, steps: readonly Step[]): string[] {
  fs.mkdirSync(directory, { recursive: true });
  // Vitest's workers are threads, which cannot change directory: paths are made absolute, keeping their spelling.
  const at = (path: string): string => (path === '' ? '' : `${directory}/${path}`);
  for (const step of TREE) hostStep(step, at);
  return steps.map((step) => hostStep(step, at));
}

function hostStep(step: Step, at: (path: string) => string): string {
  try {
    return hostResult(step, at);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function hostResult(step: Step, at: (path: string) => string): string {
  switch (step[0]) {
    case 'mkdir':
      return done(fs.mkdirSync(at(step[1])));
    case 'rmdir':
      return done(fs.rmdirSync(at(step[1])));
    case 'unlink':
      return done(fs.unlinkSync(at(step[1])));
    case 'rename':
      return done(fs.renameSync(at(step[1]), at(step[2])));
    case 'link':
      return done(fs.linkSync(at(step[1]), at(step[2])));
    case 'symlink':
      return done(fs.symlinkSync(step[1], at(step[2])));
    case 'readlink':
      return fs.readlinkSync(at(step[1]));
    case 'truncate':
      return done(fs.truncateSync(at(step[1]), step[2]));
    case 'write':
      return done(fs.writeFileSync(at(step[1]), step[2]));
    case 'open':
      return done(fs.closeSync(fs.openSync(at(step[1]), step[2])));
    case 'list':
      return fs.readdirSync(at(step[1])).sort().join(' ');
    case 'stat':
      return describeStat(fs.statSync(at(step[1])));
    case 'lstat':
      return describeStat(fs.lstatSync(at(step[1])));
  }
}

function describeStat({ mode, nlink, size }: { mode: number; nlink: number; size: number }): string {
  const isDirectory = (mode & 0o170000) === 0o040000;
  return `${(mode >> 12).toString(8)} nlink ${nlink} size ${isDirectory ? '-' : size}`;
}

function done(_nothing: unknown): string {
  return 'ok';
}

/** @param below how many steps of the tree are taken before the overlay is made */
function onOurs(kind: Kind, below: number, steps: readonly Step[], take: StepTaker): string[] {
  const guest = TreeGuest.on(kind, (lower) => {
    lower.mkdir('tmp/case');
    for (const step of TREE.slice(0, below)) ourStep(lower, step);
  });
  for (const step of TREE.slice(below)) take(guest, step);
  return steps.map((step) => take(guest, step));
}

type StepTaker = (guest: TreeGuest, step: Step) => string;

/** As calls of a guest that is in the case's directory. */
function rowStep(guest: TreeGuest, step: Step): string {
  const settle = (run: (ctx: SyscallContext) => number): number => guest.settle(run);
  const entered = settle((ctx) => linuxCall(ctx, 'chdir', putText(ctx, '/tmp/case', 0x4000)));
  if (entered < 0) return errnoName(-entered);
  const result = takeStep(settle, guest.ctx, step);
  if (typeof result === 'string') return result;
  if (typeof result === 'object') return describeStat(result);
  return result < 0 ? errnoName(-result) : 'ok';
}

function ourStep(guest: TreeGuest, step: Step): string {
  const base = findInode(guest, guest.process.root, '/tmp/case', 0);
  if (typeof base === 'number') return errnoName(-base);
  const result = ourResult(guest, base, step);
  if (typeof result === 'string') return result;
  return result < 0 ? errnoName(-result) : 'ok';
}

function findInode(guest: TreeGuest, base: Inode, path: string, flags: number): Inode | number {
  return guest.settle((ctx) => {
    const result = find(ctx, base, path, flags);
    return result < 0 ? result : ctx.walk.inode;
  });
}

function ourResult(guest: TreeGuest, base: Inode, step: Step): string | number {
  switch (step[0]) {
    case 'mkdir':
      return guest.settle((ctx) => mkdirAt(ctx, base, step[1], 0o777, 0));
    case 'rmdir':
      return guest.settle((ctx) => rmdirAt(ctx, base, step[1], 0));
    case 'unlink':
      return guest.settle((ctx) => unlinkAt(ctx, base, step[1], 0));
    case 'rename':
      return guest.settle((ctx) => renameAt(ctx, base, step[1], base, step[2], 0));
    case 'link':
      return guest.settle((ctx) => linkAt(ctx, base, step[1], base, step[2], 0, 0));
    case 'symlink':
      return guest.settle((ctx) => symlinkAt(ctx, step[1], base, step[2], 0));
    case 'readlink':
      return guest.settle((ctx) => readlinkAt(ctx, base, step[1], 0));
    case 'truncate': {
      const inode = findInode(guest, base, step[1], FOLLOW);
      return typeof inode === 'number' ? inode : guest.settle((ctx) => truncate(ctx, inode, step[2]));
    }
    case 'write': {
      const bytes = new TextEncoder().encode(step[2]);
      return withOpen(guest, base, step[1], O_WRONLY | O_CREAT | O_TRUNC, (ctx, file) =>
        file.write(ctx, bytes, 0, bytes.length, 0),
      );
    }
    case 'open':
      return withOpen(guest, base, step[1], step[2], () => 0);
    case 'list': {
      const names = new Set<string>();
      const result = withOpen(guest, base, step[1], O_RDONLY | O_DIRECTORY, (ctx, file) =>
        file.readDirectory(ctx, 0, { entry: (name) => names.add(name).size > 0 }),
      );
      const others = [...names].filter((name) => !/^\.\.?$/.test(name));
      return result < 0 ? result : others.sort().join(' ');
    }
    case 'stat':
    case 'lstat': {
      const inode = findInode(guest, base, step[1], step[0] === 'stat' ? FOLLOW : 0);
      return typeof inode === 'number' ? inode : describeStat(inode);
    }
  }
}

function withOpen(
  guest: TreeGuest,
  base: Inode,
  path: string,
  flags: number,
  use: (ctx: SyscallContext, file: FileDescription) => number,
): number {
  const file = guest.settle((ctx) => openAt(ctx, base, path, flags, 0o666, 0));
  if (typeof file === 'number') return file;
  file.retain();
  const result = guest.settle((ctx) => use(ctx, file));
  file.release();
  return result;
}
