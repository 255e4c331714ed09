// What the versions of WASI that compilers have imported differ in, for handlers that serve them alike: the layout of two
// structs and the rights that exist. What else differs is the order of fd_seek's bases, and sock_accept, which only preview 1
// has. Error numbers, file types, events, flags and all other structs are the same.
// See: WASI preview 1 and preview 0 witx, `typenames`.

import type { Row } from '../row.ts';
import { ALL_RIGHTS } from './rights.ts';
import { FILESTAT, FILESTAT_UNSTABLE, STRUCT_SIZES, SUBSCRIPTION, SUBSCRIPTION_UNSTABLE } from './structs.ts';
import { RIGHTS } from './types.ts';

type Offsets<Layout> = { readonly [field in keyof Layout]: number };

export interface WasiVersion {
  /** Where its calls are imported from. */
  readonly module: Row['module'];
  /** `nlink` takes what there is between its offset and that of `size`: 4 or 8 bytes. */
  readonly filestat: Offsets<typeof FILESTAT> & { readonly bytes: number };
  readonly subscription: Offsets<typeof SUBSCRIPTION> & { readonly bytes: number };
  /** Every right that exists. */
  readonly rights: number;
}

const UNSTABLE_RIGHTS = BigInt(ALL_RIGHTS & ~RIGHTS.SOCK_ACCEPT);

/** `wasi_snapshot_preview1`. */
export const PREVIEW_1: WasiVersion = {
  module: 'wasi_snapshot_preview1',
  filestat: { ...FILESTAT, bytes: STRUCT_SIZES.filestat },
  subscription: { ...SUBSCRIPTION, bytes: STRUCT_SIZES.subscription },
  rights: ALL_RIGHTS,
};

/** `wasi_unstable`, also called snapshot 0 and preview 0. */
export const UNSTABLE: WasiVersion = {
  module: 'wasi_unstable',
  filestat: { ...FILESTAT_UNSTABLE, bytes: STRUCT_SIZES.filestat_unstable },
  subscription: { ...SUBSCRIPTION_UNSTABLE, bytes: STRUCT_SIZES.subscription_unstable },
  rights: Number(UNSTABLE_RIGHTS),
};

/** The rights in a word of a `wasi_unstable` guest that exist there. */
export function rightsOfUnstable(rights: bigint): bigint {
  return rights & UNSTABLE_RIGHTS;
}

/** WHENCE of a WHENCE_UNSTABLE; what is neither stays unknown. */
export function whenceOfUnstable(whence: number): number {
  // CUR, END, SET there; SET, CUR, END here.
  return whence >>> 0 < 3 ? (whence + 1) % 3 : whence;
}
