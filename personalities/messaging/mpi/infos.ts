// Infos: texts by key, in the order in which they were set. See: MPI 4.0, 10.

import { MPI_ERR_INFO, MPI_INFO_ENV } from '../../../runtime/abi/mpi/constants.ts';
import { hex, MpiError } from './errors.ts';
import { HandleTable } from './handles.ts';

export type Info = Map<string, string>;

/** The infos of a rank. */
export class Infos {
  readonly #byHandle = new HandleTable<Info>();
  /** What MPI_INFO_ENV tells of how the rank was started. */
  readonly environment: ReadonlyMap<string, string>;

  constructor(environment: ReadonlyMap<string, string>) {
    this.environment = environment;
  }

  /** Errors: MPI_ERR_INFO: there is none. */
  get(handle: number): ReadonlyMap<string, string> {
    return handle === MPI_INFO_ENV ? this.environment : this.own(handle);
  }

  /** One that a program may change. Errors: MPI_ERR_INFO: there is none, or it is MPI_INFO_ENV. */
  own(handle: number): Info {
    const info = this.#byHandle.get(handle);
    if (info === undefined) throw new MpiError(MPI_ERR_INFO, `${hex(handle)} is no info of the program`);
    return info;
  }

  /** @returns its handle */
  add(info: ReadonlyMap<string, string>): number {
    return this.#byHandle.add(new Map(info));
  }

  /** Errors: MPI_ERR_INFO. */
  free(handle: number): void {
    this.own(handle);
    this.#byHandle.delete(handle);
  }
}
