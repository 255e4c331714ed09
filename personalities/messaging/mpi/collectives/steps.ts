// Collective operations as steps: a generator that yields what it waits for. So each algorithm is written once, and runs to its end in a
// blocking call, or step by step whenever the rank makes progress.

import { MPI_ERR_TRUNCATE, MPI_SUCCESS } from '../../../../runtime/abi/mpi/constants.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import type { Datatype } from '../datatypes/datatype.ts';
import type { Waited } from '../engine.ts';
import { sendElements, setBuffer } from '../entry/point-to-point.ts';
import { MpiError } from '../errors.ts';
import { type Outcome, Receive, type Task } from '../requests.ts';
import { EMPTY_STATUS } from '../status.ts';

/** Yields what is waited for; undefined: nothing, it goes on. */
export type Steps = StepsTo<void>;
/** Those that come to a result. */
export type StepsTo<T> = Generator<Waited | undefined, T, void>;

/** One collective operation of a communicator: its messages meet no other one's. */
export class Collective {
  readonly context: MessagingContext;
  readonly communicator: Communicator;
  /** Of all its messages. */
  readonly tag: number;

  /** @param tag which all its ranks have chosen; absent: the communicator's next */
  constructor(context: MessagingContext, communicator: Communicator, tag = communicator.nextCollective()) {
    this.context = context;
    this.communicator = communicator;
    this.tag = tag;
  }

  get rank(): number {
    return this.communicator.rank;
  }

  /** Of the local group. */
  get size(): number {
    return this.communicator.size;
  }

  /** Begins a send of elements to a rank of the communicator. @returns undefined: it is done */
  send(to: number, address: number, count: number, type: Datatype): Waited | undefined {
    const { communicator } = this;
    return sendElements(
      this.context,
      communicator.jobRankOf(to),
      communicator.context + 1,
      this.tag,
      address,
      count,
      type,
    );
  }

  /** Begins a receive of elements from a rank of the communicator. */
  receive(from: number, address: number, count: number, type: Datatype): Waited {
    const receive = this.#receiveFrom(from);
    setBuffer(this.context, receive, address, count, type);
    this.context.engine.receive(receive);
    return receive;
  }

  /** Begins a send of bytes of this side's own, which are copied. */
  sendBytes(to: number, bytes: Uint8Array): Waited | undefined {
    const { communicator, context } = this;
    const { engine, memory, services } = context;
    const [jobRank, number] = [communicator.jobRankOf(to), communicator.context + 1];
    if (bytes.length === 0) return engine.send(jobRank, number, this.tag, 0, 0);
    // Through the guest's memory: a receiver may have to fetch it from there, even when it is short (see engine.ts).
    const copy = services.borrow(bytes.length);
    memory.copyIn(copy, bytes);
    return engine.send(jobRank, number, this.tag, copy, bytes.length, false, () =>
      services.giveBack(copy, bytes.length),
    );
  }

  /** Begins a receive of such bytes, at most as many as there is room for. */
  receiveBytes(from: number, bytes: Uint8Array): Receive {
    const receive = this.#receiveFrom(from);
    receive.capacity = bytes.length;
    receive.unpack = (source, at, length) => bytes.set(source.subarray(at, at + length));
    this.context.engine.receive(receive);
    return receive;
  }

  #receiveFrom(from: number): Receive {
    const receive = new Receive();
    receive.source = this.communicator.jobRankOf(from);
    receive.tag = this.tag;
    receive.context = this.communicator.context + 1;
    return receive;
  }
}

/** Waits for several things. */
export function* all(waits: Iterable<Waited | undefined>): Steps {
  for (const wait of waits) yield wait;
}

/** Runs steps to their end. Blocks its thread. Errors: MPI_ERR_TRUNCATE. */
export function runSteps<T>({ engine }: MessagingContext, steps: StepsTo<T>): T {
  let step = steps.next();
  while (step.done !== true) {
    if (step.value !== undefined) engine.wait(step.value);
    const error = truncationOf(step.value);
    step = error === undefined ? steps.next() : steps.throw(error);
  }
  return step.value;
}

/** What is wrong with a message that was waited for: another rank has called with larger counts. */
function truncationOf(waited: Waited | undefined): MpiError | undefined {
  if (!(waited instanceof Receive) || !waited.isTruncated) return undefined;
  const { capacity, gotSource } = waited;
  const text = `rank ${gotSource} sends more than the ${capacity} bytes that are its part here`;
  return new MpiError(MPI_ERR_TRUNCATE, text);
}

/** Steps that go on whenever the rank makes progress. */
export class StepsTask implements Task {
  isDone = false;
  outcome: Outcome = { status: EMPTY_STATUS, error: MPI_SUCCESS };
  readonly #steps: Steps;
  #waitsFor: Waited | undefined;
  #isAdvancing = false;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Goes as far as can be; not from within itself, by a function of the program that makes progress. @returns whether it is done */
  advance(): boolean {
    if (this.#isAdvancing) return false;
    this.#isAdvancing = true;
    try {
      while (!this.isDone && this.#waitsFor?.isDone !== false) {
        const error = truncationOf(this.#waitsFor);
        const step = error === undefined ? this.#steps.next() : this.#end(error);
        this.isDone = step.done === true;
        this.#waitsFor = step.value ?? undefined;
      }
    } finally {
      this.#isAdvancing = false;
    }
    return this.isDone;
  }

  /** It is done, and lets go of what it holds. */
  #end(error: MpiError): IteratorReturnResult<void> {
    this.outcome = { status: EMPTY_STATUS, error: error.errorClass };
    this.#steps.return();
    return { done: true, value: undefined };
  }
}
