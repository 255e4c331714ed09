// Communicators: who may send to whom, and in which context. Each has two contexts, one for its program's messages and one for what its
// collective operations send, so that neither meets the other.

import {
  MPI_COMM_SELF,
  MPI_COMM_WORLD,
  MPI_ERR_COMM,
  MPI_ERR_OTHER,
  MPI_ERR_RANK,
  MPI_ERRORS_ARE_FATAL,
} from '../../../runtime/abi/mpi/constants.ts';
import { hex, MpiError } from './errors.ts';
import { HandleTable } from './handles.ts';
import type { Topology } from './topology.ts';

/** Behind those of the predefined communicators. */
const FIRST_CONTEXT = 4;
/** Of a collective operation's tag; the others say of which kind it is. */
const SEQUENCE_BITS = 22;
const SEQUENCE_MOST = 2 ** SEQUENCE_BITS - 1;
/** Of the tags of persistent ones, which are kept. */
const PERSISTENT = 2 ** 30;
/** A context's number and the next are words. */
const CONTEXT_MOST = 0x7fff_fffe;

/** Ranks of the job, in the order of a group. */
export interface Members {
  readonly ranks: readonly number[];
  /** @returns undefined: it is none of them */
  rankOf(jobRank: number): number | undefined;
}

export class Communicator {
  /** Even; that of its collective operations is one more. */
  readonly context: number;
  readonly group: Members;
  /** The rank of this process in it. */
  readonly rank: number;
  /** Of an intercommunicator: to whom messages go; else the group itself. */
  readonly peers: Members;
  readonly isInter: boolean;
  /** Of an intercommunicator: one of its local group alone, for what that does by itself; else itself. */
  readonly local: Communicator;
  /** By which the program names it. */
  handle = 0;
  name = '';
  errorHandler = MPI_ERRORS_ARE_FATAL;
  topology: Topology | undefined;
  /** By keyval. */
  readonly attributes = new Map<number, number>();
  /** Hints of the program's, none of which changes anything. */
  hints: ReadonlyMap<string, string> = new Map();
  #collectives = 0;
  #persistent = 0;

  /** @param inter of an intercommunicator: the other group, and a context for the local one */
  constructor(
    context: number,
    group: Members,
    jobRank: number,
    inter?: { readonly remote: Members; readonly localContext: number },
  ) {
    this.context = context;
    this.group = group;
    this.rank = group.rankOf(jobRank) ?? -1;
    this.peers = inter?.remote ?? group;
    this.isInter = inter !== undefined;
    this.local = inter === undefined ? this : new Communicator(inter.localContext, group, jobRank);
  }

  /** Numbers of all contexts in which it sends and receives. */
  get contexts(): readonly number[] {
    const own = [this.context, this.context + 1];
    return this.isInter ? [...own, ...this.local.contexts] : own;
  }

  /** Of the local group. */
  get size(): number {
    return this.group.ranks.length;
  }

  /** The rank of the job to which a message for a rank goes. */
  jobRankOf(rank: number): number {
    const jobRank = this.peers.ranks[rank];
    if (jobRank === undefined) {
      throw new MpiError(
        MPI_ERR_RANK,
        `there is no rank ${rank} among the ${this.peers.ranks.length} of ${this.label}`,
      );
    }
    return jobRank;
  }

  /**
   * The tag of the next collective operation: its ranks all begin them in the same order.
   *
   * @param kind which one it is, below 256: messages of another kind never meet it, so that ranks that call different ones wait, and are
   * told so
   */
  nextCollective(kind = 0): number {
    this.#collectives = (this.#collectives + 1) & SEQUENCE_MOST;
    return this.#collectives | (kind << SEQUENCE_BITS);
  }

  /** The tag of the next persistent one, as often as it is started: its ranks all make them in the same order, and start them in any. */
  nextPersistent(kind: number): number {
    this.#persistent = (this.#persistent + 1) & SEQUENCE_MOST;
    return this.#persistent | (kind << SEQUENCE_BITS) | PERSISTENT;
  }

  /** For people. */
  get label(): string {
    return this.name === '' ? `the communicator ${hex(this.handle)}` : this.name;
  }
}

/** The communicators of a rank. */
export class Communicators {
  readonly world: Communicator;
  readonly self: Communicator;
  readonly #byHandle = new HandleTable<Communicator>();
  readonly #byContext = new Map<number, Communicator>();
  #last: Communicator;
  /** The context that this rank gives next. */
  #nextContext: number;
  readonly #contextStep: number;

  constructor(world: Members, self: Members, jobRank: number) {
    this.#nextContext = FIRST_CONTEXT + 2 * jobRank;
    this.#contextStep = 2 * world.ranks.length;
    this.world = this.#predefined(MPI_COMM_WORLD, 'MPI_COMM_WORLD', new Communicator(0, world, jobRank));
    this.self = this.#predefined(MPI_COMM_SELF, 'MPI_COMM_SELF', new Communicator(2, self, jobRank));
    this.#last = this.world;
  }

  /**
   * A context for a new communicator, which no other rank gives: so that one of its ranks can choose it, and communicators can be made at
   * the same time. Errors: MPI_ERR_OTHER: it has given all that there are.
   */
  takeContext(): number {
    const context = this.#nextContext;
    if (context > CONTEXT_MOST) throw new MpiError(MPI_ERR_OTHER, 'this rank has made too many communicators');
    this.#nextContext += this.#contextStep;
    return context;
  }

  /** Errors: MPI_ERR_COMM. */
  get(handle: number): Communicator {
    if (this.#last.handle === handle) return this.#last;
    const found = this.#byHandle.get(handle);
    if (found === undefined) throw new MpiError(MPI_ERR_COMM, `${hex(handle)} is no communicator`);
    this.#last = found;
    return found;
  }

  /** Undefined: there is none, or no longer. */
  find(handle: number): Communicator | undefined {
    return this.#byHandle.get(handle);
  }

  ofContext(context: number): Communicator | undefined {
    return this.#byContext.get(context & ~1);
  }

  /** @returns its handle */
  add(communicator: Communicator): number {
    communicator.handle = this.#byHandle.add(communicator);
    this.#byContext.set(communicator.context, communicator);
    return communicator.handle;
  }

  /** Its program names it no more; messages under way reach it still. */
  free(communicator: Communicator): void {
    this.#byHandle.delete(communicator.handle);
    this.#byContext.delete(communicator.context);
    this.#last = this.world;
  }

  #predefined(handle: number, name: string, communicator: Communicator): Communicator {
    communicator.handle = handle;
    communicator.name = name;
    this.#byHandle.set(handle, communicator);
    this.#byContext.set(communicator.context, communicator);
    return communicator;
  }
}
