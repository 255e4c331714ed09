// Linux's calls made as a guest makes them: arguments put into guest memory, handlers found by the row.

import type { SyscallContext } from '../../../personalities/linux/index.ts';
import { WALI_MODULE } from '../../../runtime/abi/linux/call.ts';
import { type AnyHandler, carriedTypeOf, type Row } from '../../../runtime/abi/row.ts';
import { findRow } from '../../../runtime/abi/table.ts';

/** @param name without `SYS_` */
export function linuxRow(name: string): Row {
  const row = findRow(WALI_MODULE, `SYS_${name}`) ?? findRow(WALI_MODULE, name);
  if (row === undefined) throw new Error(`no call ${name}`);
  return row;
}

/** Runs a call once, with numbers as a guest passes them: 32-bit ones are signed. @returns its result */
export function linuxCall(ctx: SyscallContext, name: string, ...args: readonly number[]): number {
  const row = linuxRow(name);
  const { handlers } = ctx.kernel as unknown as { handlers: readonly (AnyHandler<SyscallContext> | undefined)[] };
  const handler = handlers[row.number] as ((ctx: SyscallContext, ...args: number[]) => number) | undefined;
  if (handler === undefined) throw new Error(`nobody serves ${name}`);
  if (args.length > row.params.length) throw new Error(`${name} takes ${row.params.length} arguments`);
  const raw = row.params.map((param, i) => {
    const value = args[i] ?? 0;
    return carriedTypeOf(param) === 'i32' ? value | 0 : value;
  });
  return handler(ctx, ...raw);
}

/** Stores a text with its NUL. @returns its address */
export function putText({ memory }: SyscallContext, text: string | Uint8Array, at: number): number {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  memory.copyIn(at, bytes);
  memory.bytes[at + bytes.length] = 0;
  return at;
}
