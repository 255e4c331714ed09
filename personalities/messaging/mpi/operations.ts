// Operations of reductions: the predefined ones, which the guest's side of the library computes, and functions of the program's.

import * as predefined from '../../../runtime/abi/mpi/constants/operations.ts';
import { MPI_ERR_OP, MPI_NO_OP, MPI_OP_NULL, MPI_REPLACE } from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { Datatype } from './datatypes/datatype.ts';
import type { Datatypes } from './datatypes/table.ts';
import { hex, MpiError } from './errors.ts';
import type { GuestServices } from './guest-services.ts';
import { HandleTable } from './handles.ts';

/** What applying an operation needs of a rank. */
export interface OperationContext {
  readonly memory: GuestMemory;
  readonly services: GuestServices;
  readonly datatypes: Datatypes;
}

export interface Operation {
  readonly isCommutative: boolean;
  /** Errors: MPI_ERR_OP: it is not defined for the type. */
  check(context: OperationContext, type: Datatype): void;
  /** right = left operation right, element by element. @param handle of the type, as the program has named it */
  apply(context: OperationContext, left: number, right: number, count: number, type: Datatype, handle: number): void;
}

/** Of those that are predefined, only these are never applied to elements. */
const NOT_FOR_REDUCTIONS: readonly number[] = [MPI_OP_NULL, MPI_REPLACE, MPI_NO_OP];

class PredefinedOperation implements Operation {
  readonly isCommutative = true;
  readonly #handle: number;
  readonly #name: string;
  /** Handles of basic types that the guest's side was asked about, and has said yes to. */
  readonly #supported = new Set<number>();

  constructor(handle: number, name: string) {
    this.#handle = handle;
    this.#name = name;
  }

  check({ services }: OperationContext, { basic, isPredefined, name }: Datatype): void {
    if (isPredefined && basic !== undefined) {
      if (this.#supported.has(basic.handle)) return;
      if (services.supports(this.#handle, basic.handle)) return void this.#supported.add(basic.handle);
    }
    throw new MpiError(MPI_ERR_OP, `${this.#name} is not defined for ${name || 'a datatype of the program’s own'}`);
  }

  apply({ services }: OperationContext, left: number, right: number, count: number, { basic }: Datatype): void {
    if (basic !== undefined) services.reduce(this.#handle, basic.handle, left, right, count * basic.count);
  }
}

/** void f(void *in, void *inout, int *count, MPI_Datatype *type) */
class UserOperation implements Operation {
  readonly isCommutative: boolean;
  readonly #index: number;
  /** It takes an MPI_Count *. */
  readonly #isLarge: boolean;

  constructor(index: number, isCommutative: boolean, isLarge: boolean) {
    this.#index = index;
    this.isCommutative = isCommutative;
    this.#isLarge = isLarge;
  }

  check(): void {}

  apply(
    { memory, services, datatypes }: OperationContext,
    left: number,
    right: number,
    count: number,
    type: Datatype,
    handle: number,
  ): void {
    // The program may have freed the type since it began the operation.
    const named = datatypes.find(handle) === type ? handle : datatypes.add(type);
    services.withScratch((countAt) => {
      const typeAt = countAt + 8;
      if (this.#isLarge) memory.writeNumber(countAt, count);
      else memory.writeU32(countAt, count);
      memory.writeU32(typeAt, named);
      services.functionAt(this.#index)(left, right, countAt, typeAt);
    });
    if (named !== handle) datatypes.free(named);
  }
}

/** The operations of a rank, by handle. */
export class Operations {
  readonly #byHandle = new HandleTable<Operation>();

  constructor() {
    for (const [name, handle] of Object.entries(predefined)) {
      if (!NOT_FOR_REDUCTIONS.includes(handle)) this.#byHandle.set(handle, new PredefinedOperation(handle, name));
    }
  }

  /** Errors: MPI_ERR_OP. */
  get(handle: number): Operation {
    const found = this.#byHandle.get(handle);
    if (found === undefined) throw new MpiError(MPI_ERR_OP, `${hex(handle)} is no operation of reductions`);
    return found;
  }

  /** @param isLarge whether the function takes large counts */
  add(index: number, isCommutative: boolean, isLarge: boolean): number {
    return this.#byHandle.add(new UserOperation(index, isCommutative, isLarge));
  }

  /** Errors: MPI_ERR_OP: it is predefined, or none. */
  free(handle: number): void {
    if (!(this.get(handle) instanceof UserOperation))
      throw new MpiError(MPI_ERR_OP, 'predefined operations are not freed');
    this.#byHandle.delete(handle);
  }
}
