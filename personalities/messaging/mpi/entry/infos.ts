// The entries of infos.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import { checkResult, storeInt, storeNew } from '../arguments.ts';
import { MpiError } from '../errors.ts';
import type { Infos } from '../infos.ts';
import { readText, writeText } from '../text.ts';

export interface InfoContext {
  readonly parts: { readonly memory: GuestMemory };
  readonly infos: Infos;
}

export function MPI_Info_create(context: InfoContext, info: number): number {
  return storeInfo(context, info, new Map());
}

/** The arguments of main tell nothing that is not known. */
export function MPI_Info_create_env(context: InfoContext, _argc: number, _argv: number, info: number): number {
  return storeInfo(context, info, context.infos.environment);
}

export function MPI_Info_dup(context: InfoContext, info: number, newinfo: number): number {
  return storeInfo(context, newinfo, context.infos.get(info));
}

function storeInfo({ parts, infos }: InfoContext, address: number, info: ReadonlyMap<string, string>): number {
  return storeNew(parts.memory, address, () => infos.add(info), 'the info');
}

export function MPI_Info_free({ parts: { memory }, infos }: InfoContext, info: number): number {
  checkResult(memory, info, 'the info');
  infos.free(memory.readU32(info));
  memory.writeU32(info, mpi.MPI_INFO_NULL);
  return mpi.MPI_SUCCESS;
}

export function MPI_Info_set(
  { parts: { memory }, infos }: InfoContext,
  info: number,
  key: number,
  value: number,
): number {
  const own = infos.own(info);
  const name = readKey(memory, key);
  const text = readText(memory, value, mpi.MPI_MAX_INFO_VAL);
  if (text.length >= mpi.MPI_MAX_INFO_VAL) throw new MpiError(mpi.MPI_ERR_INFO_VALUE, 'the value is too long');
  own.set(name, text);
  return mpi.MPI_SUCCESS;
}

export function MPI_Info_delete({ parts: { memory }, infos }: InfoContext, info: number, key: number): number {
  const own = infos.own(info);
  const name = readKey(memory, key);
  if (!own.delete(name)) throw new MpiError(mpi.MPI_ERR_INFO_NOKEY, `there is no key ${name}`);
  return mpi.MPI_SUCCESS;
}

/** @param valuelen bytes of the value that are wanted, without its NUL */
export function MPI_Info_get(
  { parts: { memory }, infos }: InfoContext,
  info: number,
  key: number,
  valuelen: number,
  value: number,
  flag: number,
): number {
  const text = infos.get(info).get(readKey(memory, key));
  if (valuelen < 0) throw new MpiError(mpi.MPI_ERR_ARG, `a value of ${valuelen} bytes`);
  storeInt(memory, flag, Number(text !== undefined), 'the flag');
  if (text !== undefined) writeText(memory, value, text.slice(0, valuelen));
  return mpi.MPI_SUCCESS;
}

/** @param buflen bytes of the buffer, NUL included; what it should be, then. 0: the value is not wanted */
export function MPI_Info_get_string(
  { parts: { memory }, infos }: InfoContext,
  info: number,
  key: number,
  buflen: number,
  value: number,
  flag: number,
): number {
  const text = infos.get(info).get(readKey(memory, key));
  checkResult(memory, buflen, 'the length');
  const room = memory.readU32(buflen) | 0;
  if (room < 0) throw new MpiError(mpi.MPI_ERR_ARG, `a value of ${room} bytes`);
  storeInt(memory, flag, Number(text !== undefined), 'the flag');
  if (text === undefined) return mpi.MPI_SUCCESS;
  if (room > 0) writeText(memory, value, text.slice(0, room - 1));
  memory.writeU32(buflen, text.length + 1);
  return mpi.MPI_SUCCESS;
}

export function MPI_Info_get_valuelen(
  { parts: { memory }, infos }: InfoContext,
  info: number,
  key: number,
  valuelen: number,
  flag: number,
): number {
  const text = infos.get(info).get(readKey(memory, key));
  checkResult(memory, valuelen, 'the length');
  storeInt(memory, flag, Number(text !== undefined), 'the flag');
  if (text !== undefined) memory.writeU32(valuelen, text.length);
  return mpi.MPI_SUCCESS;
}

export function MPI_Info_get_nkeys({ parts: { memory }, infos }: InfoContext, info: number, nkeys: number): number {
  const { size } = infos.get(info);
  return storeInt(memory, nkeys, size, 'the number');
}

export function MPI_Info_get_nthkey(
  { parts: { memory }, infos }: InfoContext,
  info: number,
  n: number,
  key: number,
): number {
  const name = [...infos.get(info).keys()][n];
  if (name === undefined) throw new MpiError(mpi.MPI_ERR_ARG, `there is no key ${n}`);
  writeText(memory, key, name);
  return mpi.MPI_SUCCESS;
}

function readKey(memory: GuestMemory, address: number): string {
  const key = readText(memory, address, mpi.MPI_MAX_INFO_KEY);
  if (key.length === 0 || key.length >= mpi.MPI_MAX_INFO_KEY)
    throw new MpiError(mpi.MPI_ERR_INFO_KEY, `a key of ${key.length} bytes`);
  return key;
}
