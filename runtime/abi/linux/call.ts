// What the rows of the Linux calls are made of: parameters and errors that many share, and what a row does not say of itself.
// The types of the parameters are kept, so that handlers are typed by their rows.

import type { Param, ResultKind, Row, Support } from '../row.ts';
import type { StructName } from '../structs.ts';

export const WALI_MODULE = 'wali';
/** A row's number is Linux's on x86-64 and this. */
export const LINUX_BASE = 256;
/** What is no call of Linux's is numbered where x86-64 has none: from 336 to 423. */
export const SUPPORT_BASE = LINUX_BASE + 336;

/** A row whose name and parameters are known at compile time. */
export interface NamedRow<Name extends string, Params extends readonly Param[]> extends Row {
  readonly name: Name;
  readonly params: Params;
}

/** What a row of Linux says; what it leaves out is usual: a count, descriptor or 0 as result, no waiting, full support. */
export interface Given<Params extends readonly Param[]> {
  readonly home: 'cnk' | 'core' | 'fd' | 'linux';
  readonly summary: string;
  readonly params: Params;
  readonly errors?: Row['errors'];
  readonly result?: ResultKind;
  readonly blocks?: boolean;
  readonly isCutShort?: true;
  readonly support?: Support;
  readonly note?: string;
}

/** The row of a call of Linux's. @param nr its number on x86-64 */
export function call<const Name extends string, const Params extends readonly Param[]>(
  nr: number,
  name: Name,
  given: Given<Params>,
): NamedRow<`SYS_${Name}`, Params> {
  return { ...USUAL, ...given, name: `SYS_${name}`, number: LINUX_BASE + nr, wideResult: true };
}

const USUAL = { module: WALI_MODULE, result: 'value', errors: {}, blocks: false, support: 'full' } as const;

/** A call that nothing serves yet: it fails with ENOSYS. */
export function later<const Name extends string, const Params extends readonly Param[]>(
  nr: number,
  name: Name,
  params: Params,
  summary: string,
): NamedRow<`SYS_${Name}`, Params> {
  return call(nr, name, { home: 'linux', summary, params, errors: NOT_YET, support: 'none', note: NOT_SERVED_YET });
}

export const NOT_YET = { ENOSYS: 'always: nothing serves the call yet' } as const;
export const NOT_SERVED_YET = 'It is not served yet.';

// Parameters.

export const FD = { name: 'fd', kind: 'fd' } as const;
export const DIRFD = { name: 'dirfd', kind: 'fd' } as const;
export const PATHNAME = { name: 'pathname', kind: 'ptr', to: 'string', direction: 'in' } as const;
export const MODE = { name: 'mode', kind: 'u32', type: 'mode' } as const;
export const FLAGS = { name: 'flags', kind: 'u32' } as const;
export const AT_FLAGS_PARAM = { name: 'flags', kind: 'u32', type: 'at flags' } as const;
export const OPEN_FLAGS_PARAM = { name: 'flags', kind: 'u32', type: 'open flags' } as const;
export const OFFSET = { name: 'offset', kind: 'long', type: 'offset' } as const;
export const IOVECS = [
  { name: 'iov', kind: 'ptr', to: 'iovec', direction: 'in', count: 'iovcnt' },
  { name: 'iovcnt', kind: 'size' },
] as const;
export const CIOVECS = [
  { name: 'iov', kind: 'ptr', to: 'ciovec', direction: 'in', count: 'iovcnt' },
  { name: 'iovcnt', kind: 'size' },
] as const;
export const SIGSETSIZE = { name: 'sigsetsize', kind: 'u32' } as const;

export function text<const Name extends string>(name: Name) {
  return { name, kind: 'ptr', to: 'string', direction: 'in' } as const;
}
export function u32<const Name extends string>(name: Name, type?: string) {
  return { name, kind: 'u32', ...(type !== undefined && { type }) } as const;
}
export function s32<const Name extends string>(name: Name, type?: string) {
  return { name, kind: 's32', ...(type !== undefined && { type }) } as const;
}
export function long<const Name extends string>(name: Name, type?: string) {
  return { name, kind: 'long', ...(type !== undefined && { type }) } as const;
}
export function size<const Name extends string>(name: Name) {
  return { name, kind: 'size' } as const;
}
export function reads<const Name extends string>(name: Name, to: StructName, count?: string) {
  return { name, kind: 'ptr', to, direction: 'in', ...(count !== undefined && { count }) } as const;
}
export function writes<const Name extends string>(name: Name, to: StructName, count?: string) {
  return { name, kind: 'ptr', to, direction: 'out', ...(count !== undefined && { count }) } as const;
}

// Errors.

export const FAULT = { EFAULT: 'a pointer, or the range that begins there, is outside the memory' } as const;
export const BAD_FD = { EBADF: 'the descriptor is not open' } as const;
export const WALK = {
  ...FAULT,
  EACCES: 'a directory on the way may not be searched, or the permission for the operation is missing',
  ELOOP: 'more than 40 symbolic links on the way',
  ENAMETOOLONG: 'the path has 4096 bytes or more, or one name more than 255',
  ENOENT: 'a name does not exist, or the path is empty',
  ENOTDIR: 'a name on the way is not a directory',
} as const;
export const WALK_AT = {
  ...WALK,
  EBADF: 'the path is relative, and the directory descriptor is neither open nor AT_FDCWD',
  ENOTDIR: 'the descriptor or a name on the way is not a directory',
} as const;
export const CHANGE = { EROFS: 'the file system is mounted read-only' } as const;
export const ADD_NAME = { ...CHANGE, EEXIST: 'the new name exists', ENOSPC: 'the file system is full' } as const;
export const REMOVE_NAME = {
  ...CHANGE,
  EBUSY: 'a file system is mounted there, or the path ends in a name that nobody may remove',
  EPERM: "the directory is sticky and neither it nor the entry is the caller's",
} as const;
export const NOT_OWNER = { ...CHANGE, EPERM: 'the caller does not own the file, nor is it user 0' } as const;
