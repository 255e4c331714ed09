// What a guest sees of a tree of files, for tests that compare two file systems.

import { expect } from 'vitest';
import { FILETYPE, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, type Guest } from './harness.ts';

const ROOM = 4096;
const ENTRY_HEADER = 24;
/** After `.` and `..`. */
const FIRST_NAME = 2n;

/** What two file systems tell alike of a file: sizes and links of directories are counted otherwise. */
export function about(stat: ReturnType<Guest['stat']>): unknown {
  if (typeof stat === 'string') return stat;
  return isDirectory(stat) ? [stat.type] : [stat.type, stat.size, stat.nlink];
}

export function isDirectory(stat: ReturnType<Guest['stat']>): boolean {
  return typeof stat !== 'string' && stat.type === FILETYPE.DIRECTORY;
}

/** Everything below a directory, by the path from there. */
export function treeOf(guest: Guest, top: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const pending = [top];
  for (const directory of pending) {
    for (const name of namesIn(guest, directory).sort()) {
      const file = `${directory}/${name}`;
      const stat = guest.stat(file);
      found[file.slice(top.length)] = about(stat);
      if (isDirectory(stat)) pending.push(file);
    }
  }
  return found;
}

function namesIn(guest: Guest, directory: string): string[] {
  const fd = guest.fd(directory, OFLAGS.DIRECTORY);
  expect(guest.call('fd_readdir', fd, AT.buffer, ROOM, FIRST_NAME, AT.result)).toBe('OK');
  const end = AT.buffer + guest.u32();
  guest.call('fd_close', fd);
  const names: string[] = [];
  for (let at: number = AT.buffer; at + ENTRY_HEADER <= end; ) {
    const length = guest.memory.readU32(at + 16);
    names.push(guest.string(at + ENTRY_HEADER, length));
    at += ENTRY_HEADER + length;
  }
  return names;
}
