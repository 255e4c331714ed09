// The commands of oracle.c as Linux's calls of a guest, by the handlers of the rows: what a C library would do with them.

import type { SyscallContext } from '../../../../personalities/linux/index.ts';
import { FLOCK, STAT } from '../../../../runtime/abi/linux/structs.ts';
import { linuxCall, putText } from '../linux-call.ts';
import { BASE, type CommandRunner, LOCK_COMMANDS, TYPES } from './ours.ts';

/** Where arguments stand: two texts, a struct, a buffer. */
const AT = { text: 4096, other: 12_288, struct: 256, second: 512, buffer: 20_480 } as const;
const BUFFER_BYTES = 4096;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

/** Commands whose arguments are as the call's: d a number, o an octal one, p a path, q another, t a text with its length. */
const PLAIN: Readonly<Record<string, string>> = {
  open: 'poo',
  close: 'd',
  dup: 'd',
  dup2: 'dd',
  dup3: 'ddo',
  fcntl: 'ddd',
  lseek: 'ddd',
  write: 'dt',
  ftruncate: 'dd',
  fsync: 'd',
  fdatasync: 'd',
  fchdir: 'd',
  flock: 'dd',
  chmod: 'po',
  chown: 'pdd',
  truncate: 'pd',
  access: 'pd',
  mkdir: 'po',
  rmdir: 'p',
  unlink: 'p',
  rename: 'pq',
  chdir: 'p',
  umask: 'o',
};

export const callRows: CommandRunner = (ctx, command, words, nameOf) => {
  const number = (i: number): number => Number(words[i] ?? 0);
  const shape = PLAIN[command];
  if (shape !== undefined) return linuxCall(ctx, command, ...argumentsOf(ctx, shape, words));
  switch (command) {
    case 'lk':
      return lock(ctx, number(0), words.slice(1), nameOf);
    case 'read':
      return text(ctx, linuxCall(ctx, 'read', number(0), AT.buffer, number(1)));
    case 'pread':
      return text(ctx, linuxCall(ctx, 'pread64', number(0), AT.buffer, number(1), number(2)));
    case 'pwrite':
      return linuxCall(ctx, 'pwrite64', ...argumentsOf(ctx, 'dt', words), number(2));
    case 'fallocate':
      return linuxCall(ctx, 'fallocate', number(0), 0, number(1), number(2));
    case 'stat':
      return status(ctx, linuxCall(ctx, 'stat', ...argumentsOf(ctx, 'p', words), AT.struct));
    case 'getcwd':
      return directory(ctx, linuxCall(ctx, 'getcwd', AT.buffer, BUFFER_BYTES));
    case 'id':
      return identify(ctx, words.map(Number));
    case 'cfr':
      return linuxCall(
        ctx,
        'copy_file_range',
        number(0),
        offset(ctx, number(1), AT.struct),
        number(2),
        offset(ctx, number(3), AT.second),
        number(4),
        0,
      );
    case 'sendfile':
      return linuxCall(ctx, 'sendfile', number(0), number(1), offset(ctx, number(2), AT.struct), number(3));
    default:
      throw new Error(`no command ${command}`);
  }
};

function argumentsOf(ctx: SyscallContext, shape: string, words: readonly string[]): number[] {
  return [...shape].flatMap((kind, i) => {
    const word = words[i] ?? '0';
    const given = word === "''" ? '' : word;
    switch (kind) {
      case 'd':
        return [Number(word)];
      case 'o':
        return [Number.parseInt(word, 8)];
      case 'p':
        return [putText(ctx, given, AT.text)];
      case 'q':
        return [putText(ctx, given, AT.other)];
      default:
        return [putText(ctx, given, AT.text), new TextEncoder().encode(given).length];
    }
  });
}

/** A position in memory; −1: null, the file's own. */
function offset({ memory }: SyscallContext, position: number, at: number): number {
  if (position === -1) return 0;
  memory.writeNumber(at, position);
  return at;
}

function lock(
  ctx: SyscallContext,
  fd: number,
  words: readonly string[],
  nameOf: (pid: number) => string,
): string | number {
  const [name = '', type = '', whence = '0', start = '0', length = '0', pid = '0'] = words;
  const { memory } = ctx;
  memory.writeU16(AT.struct + FLOCK.type, TYPES.includes(type) ? TYPES.indexOf(type) : Number(type));
  memory.writeU16(AT.struct + FLOCK.whence, Number(whence));
  memory.writeU64(AT.struct + FLOCK.start, BigInt.asUintN(64, BigInt(start)));
  memory.writeU64(AT.struct + FLOCK.len, BigInt.asUintN(64, BigInt(length)));
  memory.writeU32(AT.struct + FLOCK.pid, Number(pid));
  const result = linuxCall(ctx, 'fcntl', fd, LOCK_COMMANDS[name] ?? -1, AT.struct);
  if (result < 0 || !name.endsWith('getlk')) return result;
  const told = memory.readU16(AT.struct + FLOCK.type);
  const who = told === TYPES.indexOf('u') ? '-' : nameOf(memory.readU32(AT.struct + FLOCK.pid) | 0);
  const [from, count] = [FLOCK.start, FLOCK.len].map((at) => BigInt.asIntN(64, memory.readU64(AT.struct + at)));
  return `${TYPES[told]} ${memory.readU16(AT.struct + FLOCK.whence)} ${from} ${count} ${who}`;
}

function text({ memory }: SyscallContext, result: number): string | number {
  if (result < 0) return result;
  const bytes = new TextDecoder('latin1').decode(memory.copyOut(AT.buffer, result));
  return `"${bytes.replaceAll('\0', '.')}"`;
}

function status({ memory }: SyscallContext, result: number): string | number {
  if (result < 0) return result;
  const [mode, uid, gid, size] = [STAT.mode, STAT.uid, STAT.gid, STAT.size].map((at) => memory.readU32(AT.struct + at));
  const isDirectory = ((mode ?? 0) & S_IFMT) === S_IFDIR;
  return `${mode?.toString(8)} ${uid}:${gid} ${isDirectory ? 0 : size}`;
}

function directory({ memory }: SyscallContext, result: number): string | number {
  if (result < 0) return result;
  const path = new TextDecoder().decode(memory.copyOut(AT.buffer, result - 1));
  return `.${path.startsWith(BASE) ? path.slice(BASE.length) : path}`;
}

function identify(ctx: SyscallContext, [uid = 0, gid = 0, ...groups]: readonly number[]): number {
  for (const [i, group] of groups.entries()) ctx.memory.writeU32(AT.struct + 4 * i, group);
  const results = [
    linuxCall(ctx, 'setgroups', groups.length, AT.struct),
    linuxCall(ctx, 'setresgid', gid, gid, gid),
    linuxCall(ctx, 'setresuid', uid, uid, uid),
  ];
  return Math.min(...results);
}
