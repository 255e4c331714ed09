// The start and the end of MPI in a rank, and what it tells of itself. See: MPI standard, chapters 9 and 11.

import {
  MPI_COMM_SELF,
  MPI_ERR_ARG,
  MPI_ERR_OTHER,
  MPI_THREAD_FUNNELED,
  MPI_THREAD_MULTIPLE,
  MPI_THREAD_SINGLE,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult, storeInt } from '../arguments.ts';
import { deleteAttributes } from '../attributes.ts';
import { barrier } from '../collectives/moving.ts';
import { Collective, runSteps } from '../collectives/steps.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { STANDING } from '../standing.ts';
import { storeText } from '../text.ts';
import { communicatorOf, requireInitialized } from './arguments.ts';

/** The library names the functions by which it serves this side; before all else. */
export function fusedos_attach({ services }: MessagingContext, address: number): number {
  services.attach(address);
  return 0;
}

export function MPI_Init(context: MessagingContext): number {
  return initialize(context, MPI_THREAD_SINGLE);
}

/** Messages are matched in the memory of the thread that initialized MPI: it alone may call. */
export function MPI_Init_thread(
  context: MessagingContext,
  _argc: number,
  _argv: number,
  required: number,
  provided: number,
): number {
  if (required < MPI_THREAD_SINGLE || required > MPI_THREAD_MULTIPLE) {
    throw new MpiError(MPI_ERR_ARG, `${required} is no level of support for threads`);
  }
  checkResult(context.memory, provided);
  const level = Math.min(required, MPI_THREAD_FUNNELED);
  initialize(context, level);
  context.memory.writeU32(provided, level);
  return 0;
}

function initialize(context: MessagingContext, threadLevel: number): number {
  const { parts, state } = context;
  if (state.phase !== 'before MPI_Init') throw new MpiError(MPI_ERR_OTHER, 'MPI is initialized once');
  state.phase = 'initialized';
  state.threadLevel = threadLevel;
  parts.tellThreads(STANDING.initialized | threadLevel);
  return 0;
}

/** All ranks come here, so that nobody ends while others still want its bytes. */
export function MPI_Finalize(context: MessagingContext): number {
  requireInitialized(context);
  const { communicators, engine, parts, state } = context;
  // Libraries clean up by an attribute of it. See: MPI 4.0, 11.2.4.
  deleteAttributes(context, communicators.self, MPI_COMM_SELF);
  engine.flush();
  runSteps(context, barrier(new Collective(context, communicators.world)));
  engine.finalize();
  state.phase = 'after MPI_Finalize';
  parts.tellThreads(STANDING.finalized | state.threadLevel);
  return 0;
}

export function MPI_Initialized(context: MessagingContext, flag: number): number {
  return storeInt(context.memory, flag, Number(context.state.phase !== 'before MPI_Init'));
}

export function MPI_Finalized(context: MessagingContext, flag: number): number {
  return storeInt(context.memory, flag, Number(context.state.phase === 'after MPI_Finalize'));
}

export function MPI_Query_thread(context: MessagingContext, provided: number): number {
  requireInitialized(context);
  return storeInt(context.memory, provided, context.state.threadLevel);
}

export function MPI_Is_thread_main(context: MessagingContext, flag: number): number {
  requireInitialized(context);
  return storeInt(context.memory, flag, 1);
}

export function MPI_Abort(context: MessagingContext, comm: number, code: number): number {
  const { communicators, parts } = context;
  const label = communicators.find(comm)?.label ?? 'an unknown communicator';
  return parts.abort(code, `rank ${parts.rank} called MPI_Abort on ${label} with ${code}`);
}

/** Seconds since the machine's start; of all its ranks by the same clock. */
export function MPI_Wtime({ parts }: MessagingContext): number {
  return parts.nowMs() / 1000;
}

/** Of performance.now(), in seconds, where hosts tell no more than they want to. */
export function MPI_Wtick(): number {
  return 1e-6;
}

export function MPI_Get_processor_name({ memory, parts }: MessagingContext, name: number, length: number): number {
  return storeText(memory, name, length, parts.processorName);
}

export function MPI_Comm_size(context: MessagingContext, comm: number, size: number): number {
  const communicator = communicatorOf(context, comm);
  return storeInt(context.memory, size, communicator.size);
}

export function MPI_Comm_rank(context: MessagingContext, comm: number, rank: number): number {
  const communicator = communicatorOf(context, comm);
  return storeInt(context.memory, rank, communicator.rank);
}

/** Of the program's own allocator: any of its memory is as quick to send from as any other. */
export function MPI_Alloc_mem(context: MessagingContext, size: number, _info: number, address: number): number {
  const { memory, services } = context;
  requireInitialized(context);
  checkResult(memory, address);
  if (size < 0) throw new MpiError(MPI_ERR_ARG, `a size of ${size}`);
  memory.writeU32(address, services.allocate(size));
  return 0;
}

export function MPI_Free_mem({ services }: MessagingContext, address: number): number {
  services.release(address);
  return 0;
}
