// Infos, by the entries.

import { describe, expect, it } from 'vitest';
import * as entries from '../../../personalities/messaging/mpi/entry/infos.ts';
import * as mpi from '../../../runtime/abi/mpi/constants.ts';
import { JobOfOne } from './job-of-one.ts';
import { errorClassOf } from './rank.ts';

class Job extends JobOfOne {
  info(): number {
    entries.MPI_Info_create(this.context, this.result);
    return this.int(this.result);
  }

  set(info: number, key: string, value: string): number {
    return errorClassOf(() => entries.MPI_Info_set(this.context, info, this.text(key), this.text(value)));
  }

  /** As MPI_Info_get_string tells it. @returns flag, length, text */
  get(info: number, key: string, room: number): readonly [number, number, string] {
    const [length, flag, value] = [this.ints(room), this.ints(9), this.text('untouched')];
    entries.MPI_Info_get_string(this.context, info, this.text(key), length, value, flag);
    return [this.int(flag), this.int(length), this.textAt(value)];
  }

  keys(info: number): string[] {
    entries.MPI_Info_get_nkeys(this.context, info, this.result);
    const key = this.place(mpi.MPI_MAX_INFO_KEY);
    return Array.from({ length: this.int(this.result) }, (_, n) => {
      entries.MPI_Info_get_nthkey(this.context, info, n, key);
      return this.textAt(key);
    });
  }
}

describe('infos', () => {
  it('keep texts by key, in the order in which they were set', () => {
    const job = new Job();
    const info = job.info();
    expect(job.keys(info)).toEqual([]);
    for (const [key, value] of [
      ['one', '1'],
      ['two', 'a longer text'],
      ['one', 'eins'],
    ] as const)
      expect(job.set(info, key, value)).toBe(0);
    expect(job.keys(info)).toEqual(['one', 'two']);
    expect(job.get(info, 'one', 10)).toEqual([1, 5, 'eins']);
    expect(job.get(info, 'two', 4)).toEqual([1, 14, 'a l']);
    expect(job.get(info, 'two', 0)).toEqual([1, 14, 'untouched']);
    expect(job.get(info, 'three', 4)).toEqual([0, 4, 'untouched']);
  });

  it('are read as before MPI 4 too', () => {
    const job = new Job();
    const info = job.info();
    job.set(info, 'two', 'a longer text');
    const [key, value, flag] = [job.text('two'), job.text('untouched'), job.ints(9)];
    entries.MPI_Info_get(job.context, info, key, 4, value, flag);
    expect([job.int(flag), job.textAt(value)]).toEqual([1, 'a lo']);
    entries.MPI_Info_get_valuelen(job.context, info, key, job.result, flag);
    expect([job.int(flag), job.int(job.result)]).toEqual([1, 13]);
    entries.MPI_Info_get(job.context, info, job.text('none'), 4, value, flag);
    expect([job.int(flag), job.textAt(value)]).toEqual([0, 'a lo']);
  });

  it('are copied, and freed', () => {
    const job = new Job();
    const info = job.info();
    job.set(info, 'one', '1');
    entries.MPI_Info_dup(job.context, info, job.result);
    const copy = job.int(job.result);
    job.set(copy, 'two', '2');
    entries.MPI_Info_delete(job.context, copy, job.text('one'));
    expect([job.keys(info), job.keys(copy)]).toEqual([['one'], ['two']]);
    const place = job.ints(info);
    entries.MPI_Info_free(job.context, place);
    expect(job.int(place)).toBe(mpi.MPI_INFO_NULL);
    expect(errorClassOf(() => job.keys(info))).toBe(mpi.MPI_ERR_INFO);
    expect(job.keys(copy)).toEqual(['two']);
  });

  it('tell how the job was started, and refuse what they cannot keep', () => {
    const job = new Job();
    const { context, result } = job;
    expect(job.get(mpi.MPI_INFO_ENV, 'maxprocs', 8)).toEqual([1, 2, '1']);
    expect(job.set(mpi.MPI_INFO_ENV, 'maxprocs', '2')).toBe(mpi.MPI_ERR_INFO);
    expect(job.set(mpi.MPI_INFO_NULL, 'one', '2')).toBe(mpi.MPI_ERR_INFO);
    entries.MPI_Info_create_env(context, 0, 0, result);
    expect(job.set(job.int(result), 'maxprocs', '2')).toBe(0);
    const info = job.info();
    expect(job.set(info, '', 'x')).toBe(mpi.MPI_ERR_INFO_KEY);
    expect(job.set(info, 'k'.repeat(mpi.MPI_MAX_INFO_KEY - 1), 'x')).toBe(0);
    expect(job.set(info, 'k'.repeat(mpi.MPI_MAX_INFO_KEY), 'x')).toBe(mpi.MPI_ERR_INFO_KEY);
    expect(job.set(info, 'long', 'v'.repeat(mpi.MPI_MAX_INFO_VAL - 1))).toBe(0);
    expect(job.set(info, 'long', 'v'.repeat(mpi.MPI_MAX_INFO_VAL))).toBe(mpi.MPI_ERR_INFO_VALUE);
    const none = job.text('none');
    expect(errorClassOf(() => entries.MPI_Info_delete(context, info, none))).toBe(mpi.MPI_ERR_INFO_NOKEY);
    expect(errorClassOf(() => entries.MPI_Info_get_nthkey(context, info, 2, result))).toBe(mpi.MPI_ERR_ARG);
    expect(errorClassOf(() => entries.MPI_Info_get_nthkey(context, info, -1, result))).toBe(mpi.MPI_ERR_ARG);
    expect(errorClassOf(() => entries.MPI_Info_create(context, 0))).toBe(mpi.MPI_ERR_ARG);
  });
});
