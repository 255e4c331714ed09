// Entries of communicators: how they are made, compared, named, freed. See: MPI standard, "Groups, Contexts, Communicators".

import {
  MPI_COMM_NULL,
  MPI_COMM_TYPE_HW_GUIDED,
  MPI_COMM_TYPE_HW_UNGUIDED,
  MPI_COMM_TYPE_RESOURCE_GUIDED,
  MPI_COMM_TYPE_SHARED,
  MPI_CONGRUENT,
  MPI_ERR_ARG,
  MPI_ERR_COMM,
  MPI_ERR_GROUP,
  MPI_IDENT,
  MPI_INFO_NULL,
  MPI_MAX_OBJECT_NAME,
  MPI_SIMILAR,
  MPI_UNDEFINED,
  MPI_UNEQUAL,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult, storeInt, storeNew } from '../arguments.ts';
import { copyAttributes, deleteAttributes } from '../attributes.ts';
import { Collective, runSteps, type Steps, StepsTask, type StepsTo } from '../collectives/steps.ts';
import { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { hex, MpiError } from '../errors.ts';
import { groupOf, storeGroup } from '../group-entries.ts';
import { Group } from '../groups.ts';
import { among, amongInter, duplicate, exchangeTag, IN_NONE, inherit, split } from '../making.ts';
import { Request } from '../requests.ts';
import { readText, storeText } from '../text.ts';
import { checkTag, communicatorOf } from './arguments.ts';
import { giveRequest } from './point-to-point.ts';

/** Runs what makes a communicator, and stores its handle. */
export function storeMade(
  context: MessagingContext,
  steps: StepsTo<Communicator | undefined>,
  address: number,
): number {
  return store(context, runSteps(context, steps), address);
}

/** Stores the handle of a new communicator; undefined: this rank is in none. */
export function store(
  { communicators, memory }: MessagingContext,
  communicator: Communicator | undefined,
  address: number,
): number {
  memory.writeU32(address, communicator === undefined ? MPI_COMM_NULL : communicators.add(communicator));
  return 0;
}

export function MPI_Comm_dup(context: MessagingContext, comm: number, newcomm: number): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  return storeMade(context, duplicated(context, communicator, communicator.hints), newcomm);
}

export function MPI_Comm_dup_with_info(context: MessagingContext, comm: number, info: number, newcomm: number): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  return storeMade(context, duplicated(context, communicator, hintsOf(context, info)), newcomm);
}

/** With its topology, and those attributes that their functions copy, before anything goes on. */
function duplicated(
  context: MessagingContext,
  old: Communicator,
  hints: ReadonlyMap<string, string>,
): StepsTo<Communicator> {
  const attributes = new Map<number, number>();
  copyAttributes(context, old, old.handle, { attributes });
  const made = duplicate(context, old);
  return (function* () {
    const fresh = inherit(old, yield* made);
    fresh.topology = old.topology;
    fresh.hints = hints;
    for (const [keyval, value] of attributes) fresh.attributes.set(keyval, value);
    return fresh;
  })();
}

function hintsOf({ infos }: MessagingContext, info: number): ReadonlyMap<string, string> {
  return info === MPI_INFO_NULL ? new Map() : new Map(infos.get(info));
}

export function MPI_Comm_set_info(context: MessagingContext, comm: number, info: number): number {
  const communicator = communicatorOf(context, comm);
  communicator.hints = new Map([...communicator.hints, ...context.infos.get(info)]);
  return 0;
}

export function MPI_Comm_get_info(context: MessagingContext, comm: number, info: number): number {
  const { hints } = communicatorOf(context, comm);
  return storeNew(context.memory, info, () => context.infos.add(hints));
}

export function MPI_Comm_idup(context: MessagingContext, comm: number, newcomm: number, request: number): number {
  return beginDuplicate(context, comm, communicatorOf(context, comm).hints, newcomm, request);
}

export function MPI_Comm_idup_with_info(
  context: MessagingContext,
  comm: number,
  info: number,
  newcomm: number,
  request: number,
): number {
  return beginDuplicate(context, comm, hintsOf(context, info), newcomm, request);
}

/** The handle is there when the request is complete. */
function beginDuplicate(
  context: MessagingContext,
  comm: number,
  hints: ReadonlyMap<string, string>,
  newcomm: number,
  request: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  checkResult(context.memory, request);
  const made = duplicated(context, communicator, hints);
  const steps = (function* (): Steps {
    store(context, yield* made, newcomm);
  })();
  return giveRequest(context, new Request(context.engine.begin(new StepsTask(steps)), communicator), request);
}

export function MPI_Comm_split(
  context: MessagingContext,
  comm: number,
  color: number,
  key: number,
  newcomm: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  if (color < 0 && color !== MPI_UNDEFINED) throw new MpiError(MPI_ERR_ARG, `a color of ${color}`);
  return storeMade(context, split(context, communicator, color === MPI_UNDEFINED ? IN_NONE : color, key), newcomm);
}

/** What no rank of ours can tell from what it shares with others. */
const SHARE_NOTHING: readonly number[] = [
  MPI_COMM_TYPE_HW_UNGUIDED,
  MPI_COMM_TYPE_HW_GUIDED,
  MPI_COMM_TYPE_RESOURCE_GUIDED,
  MPI_UNDEFINED,
];

/** Ranks have memories of their own: each shares its with itself alone, which needs no message. */
export function MPI_Comm_split_type(
  context: MessagingContext,
  comm: number,
  type: number,
  _key: number,
  _info: number,
  newcomm: number,
): number {
  const { communicators, engine, memory } = context;
  const communicator = communicatorOf(context, comm);
  checkResult(memory, newcomm);
  requireIntra(communicator);
  if (SHARE_NOTHING.includes(type)) return store(context, undefined, newcomm);
  if (type !== MPI_COMM_TYPE_SHARED) throw new MpiError(MPI_ERR_ARG, `${type} is no type to split by`);
  const alone = new Communicator(communicators.takeContext(), new Group([engine.rank]), engine.rank);
  return store(context, inherit(communicator, alone), newcomm);
}

/** Errors: MPI_ERR_COMM: it is an intercommunicator. */
export function requireIntra(communicator: Communicator): void {
  if (communicator.isInter) throw new MpiError(MPI_ERR_COMM, `${communicator.label} joins two groups`);
}

export function MPI_Comm_create(context: MessagingContext, comm: number, group: number, newcomm: number): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  const { ranks } = partOf(context, communicator, group);
  if (communicator.isInter) return storeMade(context, amongInter(context, communicator, ranks), newcomm);
  const collective = new Collective(context, communicator);
  if (!ranks.includes(context.engine.rank)) return store(context, undefined, newcomm);
  return storeMade(context, among(context, communicator, ranks, collective), newcomm);
}

/** Only the group calls it, so that the communicator's count of its collective operations is not to change. */
export function MPI_Comm_create_group(
  context: MessagingContext,
  comm: number,
  group: number,
  tag: number,
  newcomm: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, newcomm);
  checkTag(tag);
  requireIntra(communicator);
  const { ranks } = partOf(context, communicator, group);
  if (!ranks.includes(context.engine.rank)) return store(context, undefined, newcomm);
  return storeMade(context, among(context, communicator, ranks, { tag: exchangeTag(tag) }), newcomm);
}

/** Errors: MPI_ERR_GROUP: others are in it too. */
function partOf(context: MessagingContext, communicator: Communicator, handle: number): Group {
  const group = groupOf(context, handle);
  const other = group.ranks.find((jobRank) => communicator.group.rankOf(jobRank) === undefined);
  if (other === undefined) return group;
  throw new MpiError(MPI_ERR_GROUP, `rank ${other} of the world is not in ${communicator.label}`);
}

export function MPI_Comm_free(context: MessagingContext, address: number): number {
  return free(context, freeable(context, address), address);
}

/** As MPI_Comm_free, when what was begun is done, also that of which its program has forgotten the request. */
export function MPI_Comm_disconnect(context: MessagingContext, address: number): number {
  const communicator = freeable(context, address);
  const { engine } = context;
  engine.waitFor(() => communicator.contexts.every((number) => engine.isQuiet(number)));
  return free(context, communicator, address);
}

function free(context: MessagingContext, communicator: Communicator, address: number): number {
  const { communicators, engine, memory } = context;
  deleteAttributes(context, communicator, communicator.handle);
  communicators.free(communicator);
  for (const number of communicator.contexts) engine.free(number);
  memory.writeU32(address, MPI_COMM_NULL);
  return 0;
}

/** Errors: MPI_ERR_COMM: it is predefined. */
function freeable(context: MessagingContext, address: number): Communicator {
  checkResult(context.memory, address);
  const communicator = communicatorOf(context, context.memory.readU32(address));
  const { self, world } = context.communicators;
  if (communicator === world || communicator === self) {
    throw new MpiError(MPI_ERR_COMM, `${communicator.label} is never freed`);
  }
  return communicator;
}

export function MPI_Comm_compare(context: MessagingContext, comm1: number, comm2: number, result: number): number {
  const [first, second] = [communicatorOf(context, comm1), communicatorOf(context, comm2)];
  return storeInt(context.memory, result, compare(first, second));
}

function compare(first: Communicator, second: Communicator): number {
  if (first === second) return MPI_IDENT;
  if (first.isInter !== second.isInter) return MPI_UNEQUAL;
  const results = [
    new Group(first.group.ranks).compare(new Group(second.group.ranks)),
    new Group(first.peers.ranks).compare(new Group(second.peers.ranks)),
  ];
  if (results.includes(MPI_UNEQUAL)) return MPI_UNEQUAL;
  return results.includes(MPI_SIMILAR) ? MPI_SIMILAR : MPI_CONGRUENT;
}

export function MPI_Comm_group(context: MessagingContext, comm: number, group: number): number {
  return storeGroup(context, group, new Group(communicatorOf(context, comm).group.ranks));
}

export function MPI_Comm_test_inter(context: MessagingContext, comm: number, flag: number): number {
  return storeInt(context.memory, flag, Number(communicatorOf(context, comm).isInter));
}

export function MPI_Comm_remote_size(context: MessagingContext, comm: number, size: number): number {
  return storeInt(context.memory, size, interOf(context, comm).peers.ranks.length);
}

export function MPI_Comm_remote_group(context: MessagingContext, comm: number, group: number): number {
  return storeGroup(context, group, new Group(interOf(context, comm).peers.ranks));
}

/** Errors: MPI_ERR_COMM: it is none that joins two groups. */
export function interOf(context: MessagingContext, handle: number): Communicator {
  const communicator = communicatorOf(context, handle);
  if (!communicator.isInter) throw new MpiError(MPI_ERR_COMM, `${hex(handle)} joins no two groups`);
  return communicator;
}

export function MPI_Comm_set_name(context: MessagingContext, comm: number, name: number): number {
  communicatorOf(context, comm).name = readText(context.memory, name, MPI_MAX_OBJECT_NAME - 1);
  return 0;
}

export function MPI_Comm_get_name(context: MessagingContext, comm: number, name: number, length: number): number {
  const communicator = communicatorOf(context, comm);
  return storeText(context.memory, name, length, communicator.name);
}
