// Attributes of communicators and datatypes, by the entries.

import { describe, expect, it } from 'vitest';
import { copyAttributes, deleteAttributes } from '../../../personalities/messaging/mpi/attributes.ts';
import * as datatypes from '../../../personalities/messaging/mpi/datatypes/entries.ts';
import * as entries from '../../../personalities/messaging/mpi/entry/attributes.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { JobOfOne } from './job-of-one.ts';
import { errorClassOf } from './rank.ts';

const { MPI_COMM_WORLD, MPI_COMM_SELF } = mpi;
const EXTRA = 77;
const NULL_FN = 0;
const DUP_FN = 1;

class Job extends JobOfOne {
  readonly calls: string[] = [];
  /** What functions return. */
  code = 0;

  keyval(copy = NULL_FN, deletes = NULL_FN): number {
    entries.MPI_Comm_create_keyval(this.context, copy, deletes, this.result, EXTRA);
    return this.int(this.result);
  }

  /** Copies a value, one more. */
  copying(isCopied = true): number {
    return this.function((handle, keyval, extra, value = 0, out = 0, flag = 0) => {
      this.calls.push(`copy ${handle} ${keyval} ${extra} ${value}`);
      this.memory.writeU32(out, value + 1);
      this.memory.writeU32(flag, Number(isCopied));
      return this.code;
    });
  }

  deleting(): number {
    return this.function((handle, keyval, value, extra) => {
      this.calls.push(`delete ${handle} ${keyval} ${value} ${extra}`);
      return this.code;
    });
  }

  get(comm: number, keyval: number): number | undefined {
    const value = this.ints(0x5555, 0x5555);
    entries.MPI_Comm_get_attr(this.context, comm, keyval, value, value + 4);
    return this.int(value + 4) === 0 ? undefined : this.int(value);
  }

  set(comm: number, keyval: number, value: number): number {
    return errorClassOf(() => entries.MPI_Comm_set_attr(this.context, comm, keyval, value));
  }

  delete(comm: number, keyval: number): number {
    return errorClassOf(() => entries.MPI_Comm_delete_attr(this.context, comm, keyval));
  }
}

describe('attributes', () => {
  it('are set, found, set again and deleted, object by object', () => {
    const job = new Job();
    const keyval = job.keyval(NULL_FN, job.deleting());
    expect(job.get(MPI_COMM_WORLD, keyval)).toBeUndefined();
    expect(job.delete(MPI_COMM_WORLD, keyval)).toBe(mpi.MPI_ERR_KEYVAL);
    job.set(MPI_COMM_WORLD, keyval, 5);
    job.set(MPI_COMM_SELF, keyval, 6);
    expect([job.get(MPI_COMM_WORLD, keyval), job.get(MPI_COMM_SELF, keyval)]).toEqual([5, 6]);
    job.set(MPI_COMM_WORLD, keyval, 7);
    expect(job.calls).toEqual([`delete ${MPI_COMM_WORLD} ${keyval} 5 ${EXTRA}`]);
    expect(job.delete(MPI_COMM_WORLD, keyval)).toBe(0);
    expect(job.calls[1]).toBe(`delete ${MPI_COMM_WORLD} ${keyval} 7 ${EXTRA}`);
    expect([job.get(MPI_COMM_WORLD, keyval), job.get(MPI_COMM_SELF, keyval)]).toEqual([undefined, 6]);
  });

  it('stay where their function says that it failed', () => {
    const job = new Job();
    const keyval = job.keyval(NULL_FN, job.deleting());
    job.set(MPI_COMM_WORLD, keyval, 5);
    job.code = mpi.MPI_ERR_OTHER;
    expect(job.set(MPI_COMM_WORLD, keyval, 6)).toBe(mpi.MPI_ERR_OTHER);
    expect(job.delete(MPI_COMM_WORLD, keyval)).toBe(mpi.MPI_ERR_OTHER);
    expect(job.get(MPI_COMM_WORLD, keyval)).toBe(5);
  });

  it('are copied as their functions want it, and deleted with the object, the last first', () => {
    const job = new Job();
    const { world, self } = job.context.communicators;
    const deletes = job.deleting();
    const keyvals = [NULL_FN, DUP_FN, job.copying(), job.copying(false)].map((copy) => job.keyval(copy, deletes));
    for (const [index, keyval] of keyvals.entries()) job.set(MPI_COMM_WORLD, keyval, 10 * index);
    copyAttributes(job.context, world, MPI_COMM_WORLD, self);
    expect(job.calls).toEqual([
      `copy ${MPI_COMM_WORLD} ${keyvals[2]} ${EXTRA} 20`,
      `copy ${MPI_COMM_WORLD} ${keyvals[3]} ${EXTRA} 30`,
    ]);
    expect(keyvals.map((keyval) => job.get(MPI_COMM_SELF, keyval))).toEqual([undefined, 10, 21, undefined]);
    job.calls.length = 0;
    deleteAttributes(job.context, self, MPI_COMM_SELF);
    expect(job.calls).toEqual([
      `delete ${MPI_COMM_SELF} ${keyvals[2]} 21 ${EXTRA}`,
      `delete ${MPI_COMM_SELF} ${keyvals[1]} 10 ${EXTRA}`,
    ]);
    job.code = mpi.MPI_ERR_OTHER;
    expect(errorClassOf(() => copyAttributes(job.context, world, MPI_COMM_WORLD, self))).toBe(mpi.MPI_ERR_OTHER);
  });

  it('of a freed key are there still, for its functions alone', () => {
    const job = new Job();
    const keyval = job.keyval(DUP_FN, job.deleting());
    job.set(MPI_COMM_WORLD, keyval, 5);
    const place = job.ints(keyval);
    entries.MPI_Comm_free_keyval(job.context, place);
    expect(job.int(place)).toBe(mpi.MPI_KEYVAL_INVALID);
    expect(job.set(MPI_COMM_WORLD, keyval, 6)).toBe(mpi.MPI_ERR_KEYVAL);
    expect(errorClassOf(() => job.get(MPI_COMM_WORLD, keyval))).toBe(mpi.MPI_ERR_KEYVAL);
    deleteAttributes(job.context, job.context.communicators.world, MPI_COMM_WORLD);
    expect(job.calls).toEqual([`delete ${MPI_COMM_WORLD} ${keyval} 5 ${EXTRA}`]);
  });

  it('that are predefined are addresses of ints, and cannot be changed', () => {
    const job = new Job();
    const predefined = (keyval: number) => job.int(job.get(MPI_COMM_WORLD, keyval) ?? 0);
    expect(predefined(mpi.MPI_TAG_UB)).toBe(0x7fff_ffff);
    expect(predefined(mpi.MPI_IO)).toBe(mpi.MPI_ANY_SOURCE);
    expect(predefined(mpi.MPI_HOST)).toBe(mpi.MPI_PROC_NULL);
    expect(predefined(mpi.MPI_WTIME_IS_GLOBAL)).toBe(1);
    expect(predefined(mpi.MPI_UNIVERSE_SIZE)).toBe(1);
    expect(predefined(mpi.MPI_LASTUSEDCODE)).toBe(mpi.MPI_ERR_LASTCODE);
    expect(job.get(MPI_COMM_WORLD, mpi.MPI_TAG_UB)).toBe(job.get(MPI_COMM_SELF, mpi.MPI_TAG_UB));
    expect(job.set(MPI_COMM_WORLD, mpi.MPI_TAG_UB, 1)).toBe(mpi.MPI_ERR_KEYVAL);
    expect(job.delete(MPI_COMM_WORLD, mpi.MPI_TAG_UB)).toBe(mpi.MPI_ERR_KEYVAL);
    const place = job.ints(mpi.MPI_TAG_UB);
    expect(errorClassOf(() => entries.MPI_Comm_free_keyval(job.context, place))).toBe(mpi.MPI_ERR_KEYVAL);
  });

  it('of datatypes go with copies and are deleted at the end', () => {
    const job = new Job();
    const { context, result } = job;
    entries.MPI_Type_create_keyval(context, job.copying(), job.deleting(), result, EXTRA);
    const keyval = job.int(result);
    datatypes.MPI_Type_contiguous(context, 2, mpi.MPI_INT, result);
    const type = job.int(result);
    entries.MPI_Type_set_attr(context, type, keyval, 40);
    datatypes.MPI_Type_dup(context, type, result);
    const copy = job.int(result);
    const value = job.ints(0, 0);
    entries.MPI_Type_get_attr(context, copy, keyval, value, value + 4);
    expect([job.int(value), job.int(value + 4)]).toEqual([41, 1]);
    job.code = mpi.MPI_ERR_OTHER;
    const made = context.datatypes.derivedCount;
    expect(errorClassOf(() => datatypes.MPI_Type_dup(context, type, result))).toBe(mpi.MPI_ERR_OTHER);
    const place = job.ints(copy);
    expect(errorClassOf(() => datatypes.MPI_Type_free(context, place))).toBe(mpi.MPI_ERR_OTHER);
    expect([job.int(place), context.datatypes.derivedCount]).toEqual([copy, made]);
    job.code = 0;
    datatypes.MPI_Type_free(context, place);
    expect(job.calls.at(-1)).toBe(`delete ${copy} ${keyval} 41 ${EXTRA}`);
    // A key of communicators is none of theirs.
    expect(errorClassOf(() => entries.MPI_Type_set_attr(context, type, job.keyval(), 1))).toBe(mpi.MPI_ERR_KEYVAL);
    expect(errorClassOf(() => job.get(MPI_COMM_WORLD, keyval))).toBe(mpi.MPI_ERR_KEYVAL);
  });
});
