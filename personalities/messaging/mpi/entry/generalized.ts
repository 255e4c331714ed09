// Generalised requests: what the program itself does, and says when it is done. See: MPI standard, "Generalized Requests".

import { MPI_ERR_REQUEST, MPI_SUCCESS, STATUS } from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { hex, MpiError } from '../errors.ts';
import { type Outcome, Request, type Task } from '../requests.ts';
import { EMPTY_STATUS, isCancelled, statusBytes, writeStatus } from '../status.ts';
import { requireInitialized } from './arguments.ts';
import { giveRequest } from './point-to-point.ts';

class GeneralizedRequest implements Task {
  isDone = false;
  #isForgotten = false;
  readonly #context: MessagingContext;
  readonly #query: number;
  readonly #free: number;
  readonly #cancel: number;
  readonly #state: number;

  /** @param query free, cancel: pointers of the program's functions @param state what each of them is given */
  constructor(context: MessagingContext, query: number, free: number, cancel: number, state: number) {
    this.#context = context;
    this.#query = query;
    this.#free = free;
    this.#cancel = cancel;
    this.#state = state;
  }

  /** As the program's function says it, in a status. */
  get outcome(): Outcome {
    const { memory, services } = this.#context;
    return services.withScratch((scratch) => {
      writeStatus(memory, scratch, EMPTY_STATUS, MPI_SUCCESS);
      const error = services.functionAt(this.#query)(this.#state, scratch);
      const status = {
        source: memory.readU32(scratch + STATUS.SOURCE) | 0,
        tag: memory.readU32(scratch + STATUS.TAG) | 0,
        bytes: statusBytes(memory, scratch),
        isCancelled: isCancelled(memory, scratch),
      };
      return { status, error };
    });
  }

  /** Errors: what the program's function returns. */
  cancel(): void {
    const code = this.#context.services.functionAt(this.#cancel)(this.#state, Number(this.isDone));
    if (code !== MPI_SUCCESS) throw new MpiError(code, `the function that cancels a request returned ${code}`);
  }

  /** Whichever comes last, this or the end, calls the program's function. */
  free(): boolean {
    this.#isForgotten = true;
    if (this.isDone) this.#context.services.functionAt(this.#free)(this.#state);
    return this.isDone;
  }

  /** @returns whether its request was forgotten before */
  complete(): boolean {
    this.isDone = true;
    return this.#isForgotten && this.free();
  }
}

export function MPI_Grequest_start(
  context: MessagingContext,
  query: number,
  free: number,
  cancel: number,
  state: number,
  request: number,
): number {
  requireInitialized(context);
  checkResult(context.memory, request);
  return giveRequest(context, new Request(new GeneralizedRequest(context, query, free, cancel, state)), request);
}

export function MPI_Grequest_complete(context: MessagingContext, handle: number): number {
  requireInitialized(context);
  const operation = context.requests.get(handle)?.operation;
  if (!(operation instanceof GeneralizedRequest)) {
    throw new MpiError(MPI_ERR_REQUEST, `${hex(handle)} is no generalised request`);
  }
  if (operation.complete()) context.requests.delete(handle);
  return 0;
}
