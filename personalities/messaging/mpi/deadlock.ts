// What is told of a job in which all ranks wait for ever.

import { type RankState, type RankStates, WAITS } from '../transport/transport.ts';

/** Names for what ranks say by numbers. */
export interface Names {
  /** Of a call. */
  call(number: number): string;
  /** Of a communicator by its context; of one of others', nothing is known. */
  communicator(context: number): string | undefined;
}

/** Who waits for what. */
export function describeDeadlock(
  states: RankStates,
  size: number,
  names: Names,
  placesOf: (ranks: readonly number[]) => readonly string[],
): string {
  const all = Array.from({ length: size }, (_, rank) => states.of(rank));
  const waiting = [...all.keys()].filter((rank) => typeof all[rank] === 'object');
  const places = placesOf(waiting);
  const each = all.map((state, rank) => {
    const place = places[waiting.indexOf(rank)];
    return `rank ${rank} ${describeState(state, names)}${place ? `, in ${place}` : ''}`;
  });
  return `deadlock: ${each.join('; ')}; no message is on its way`;
}

function describeState(state: RankState, names: Names): string {
  if (typeof state === 'string') return state;
  const { what, context } = state;
  const call = names.call(state.call);
  if (what === WAITS.several) return `waits in ${call}`;
  const label = names.communicator(context);
  const where = label === undefined ? '' : ` of ${label}`;
  const peer = state.peer < 0 ? 'any rank' : `rank ${state.peer}`;
  if (context % 2 !== 0) return `waits in ${call}${where} for ${peer}`; // a collective operation's tags say nothing
  const tag = state.tag < 0 ? 'any tag' : `tag ${state.tag}`;
  const message = what === WAITS.send ? `${peer} to receive` : `a message of ${peer}`;
  return `waits in ${call} for ${message}, ${tag}${where}`;
}
