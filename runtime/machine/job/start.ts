// The start of a job: each rank a process, all cores taken at once, and nothing of a rank runs before all ranks have what they need. Used
// by machine.ts on the booting thread.

import {
  callTimesBytes,
  endRank,
  readCallTimes,
  readTraffic,
  type Torus,
} from '../../../personalities/messaging/index.ts';
import { ringSlot } from '../../channel/layout.ts';
import type { Placement } from '../../core/route.ts';
import { blockOfFirst, ProcessBlock } from '../../process/block.ts';
import type { Backing, ProcessLaunch, ProcessResources } from '../backing.ts';
import type { CorePool, Cores } from '../cores/pool.ts';
import { FusedError } from '../errors.ts';
import type { JobSetup } from '../messages.ts';
import type { SpawnOptions } from '../options.ts';
import type { Standard } from '../process/launch.ts';
import type { GuestProcess } from '../process/process.ts';
import type { ProgramSource } from '../program.ts';
import { Job } from './job.ts';
import { type JobOptions, type JobPart, type JobProgram, readTorus } from './options.ts';
import { JobMemories } from './shared.ts';

export interface JobStarter {
  readonly backing: Backing;
  /** What can be known of a process before it has cores. */
  prepare(program: ProgramSource, options: SpawnOptions): Promise<ProcessLaunch>;
  mayHaveThreads(launch: ProcessLaunch): boolean;
  /** The machine's option that says how many cores there are for a placement, and what it is. */
  coresOf(placement: Placement): { readonly [option: string]: number };
  /** Errors: the machine is closed. */
  requireOpen(): void;
  start(
    cores: Cores,
    block: ProcessBlock,
    pool: CorePool,
    launch: ProcessLaunch,
    resources: ProcessResources,
    job: JobSetup,
  ): GuestProcess;
}

/** A rank that is to start. */
interface Rank {
  readonly cores: Cores;
  readonly block: ProcessBlock;
  readonly launch: ProcessLaunch;
}

/** How long the start of a job waits for memories that are on their way back, in all. */
const PATIENCE_MS = 50;

/** Of each machine. */
const memoriesOf = new WeakMap<Backing, JobMemories>();

/**
 * @param standard of the first rank; the others have no stdin
 * @param part absent: all ranks are this machine's
 */
export async function startJob(
  programs: readonly JobProgram[],
  options: JobOptions,
  standard: Standard,
  starter: JobStarter,
  part?: JobPart,
): Promise<Job> {
  const { backing } = starter;
  const { signal, queue, threads = 1 } = options;
  const prepared = await Promise.all(
    programs.map((program) => starter.prepare(program.program, processOptions(program, options))),
  );
  const ranks = programs.flatMap(({ n = 1 }, i) => new Array<ProcessLaunch>(n).fill(prepared[i] as ProcessLaunch));
  const { firstRank = 0, size = ranks.length } = part ?? {};
  const torus = readTorus(size, options.torus);
  const launches = ranks.map((launch, index) => {
    const own = variablesOf(firstRank + index, size, index, ranks.length);
    return rankLaunch(launch, firstRank + index, own, standard, options);
  });
  const counts = launches.map((launch) => (starter.mayHaveThreads(launch) ? threads : 1));
  const { placement } = launches[0] as ProcessLaunch;
  const total = counts.reduce((sum, count) => sum + count, 0);
  requireCores(total, launches.length, starter.coresOf(placement));
  const pool = backing.coresFor(placement);
  const cores = await pool.take(total, queue !== false, signal);
  const started: Rank[] = [];
  for (let at = 0, rank = 0; at < total; at += counts[rank++] as number) {
    const own = cores.slice(at, at + (counts[rank] as number)) as unknown as Cores;
    const block = new ProcessBlock(backing.control, blockOfFirst(own[0].slot));
    started.push({ cores: own, block, launch: launches[rank] as ProcessLaunch });
  }
  let resources: readonly ProcessResources[];
  try {
    resources = await resourcesFor(started, starter, signal);
  } catch (error) {
    for (const core of cores) pool.giveBack(core);
    throw error;
  }
  return begin(started, resources, pool, options, starter, torus, part);
}

/** Errors: EAGAIN, which says what to boot with. */
function requireCores(wanted: number, ranks: number, has: { readonly [option: string]: number }): void {
  for (const [option, most] of Object.entries(has)) {
    if (wanted <= most) continue;
    const each = wanted === ranks ? '' : ` with ${wanted} threads in all`;
    throw new FusedError(
      'EAGAIN',
      `${ranks} ranks${each} want ${wanted} cores, the machine has ${most}: boot it with ${option}: ${wanted}`,
    );
  }
}

/** What a process of the job is told; what is the job's own, the job looks after. */
function processOptions(program: JobProgram, options: JobOptions): SpawnOptions {
  const {
    n,
    tagOutput,
    times,
    torus,
    onOutput,
    stdin,
    check,
    changes,
    timeoutMs,
    maxOutput,
    outputOverflow,
    ...shared
  } = options;
  const { program: _source, n: _n, env, ...own } = program;
  const { preopens, ...rest } = shared;
  const isElsewhere = own.cwd !== undefined && own.cwd !== shared.cwd;
  return { ...rest, ...(preopens && !isElsewhere && { preopens }), ...own, env: { ...shared.env, ...env } };
}

function rankLaunch(
  launch: ProcessLaunch,
  rank: number,
  variables: Readonly<Record<string, string>>,
  { hasStdin = true, hostStdio }: Standard,
  { trace, terminals = [false, false, false], tagOutput = false }: JobOptions,
): ProcessLaunch {
  const { signal: _ofTheJob, ...options } = launch.options;
  const isFirst = rank === 0;
  const own: SpawnOptions = {
    ...options,
    env: { ...options.env, ...variables },
    terminals: [isFirst && terminals[0], terminals[1], terminals[2]],
    joinOutput: options.joinOutput === true && !tagOutput,
    ...(trace && { trace: (line: string) => trace(`[rank ${rank}] ${line}`) }),
  };
  return { ...launch, options: own, isRank: true, hasStdin: isFirst && hasStdin, ...(isFirst && { hostStdio }) };
}

/** By which a program that is no MPI program, or a script, learns which one of several it is. See: Open MPI, mpirun(1); MPICH, PMI. */
function variablesOf(rank: number, size: number, rankHere: number, ranksHere: number): Record<string, string> {
  const [own, all] = [`${rank}`, `${size}`];
  return {
    OMPI_COMM_WORLD_RANK: own,
    OMPI_COMM_WORLD_SIZE: all,
    OMPI_COMM_WORLD_LOCAL_RANK: `${rankHere}`,
    OMPI_COMM_WORLD_LOCAL_SIZE: `${ranksHere}`,
    PMI_RANK: own,
    PMI_SIZE: all,
  };
}

/** All or none. */
async function resourcesFor(
  ranks: readonly Rank[],
  { backing, requireOpen }: JobStarter,
  signal: AbortSignal | undefined,
): Promise<ProcessResources[]> {
  const taken: ProcessResources[] = [];
  const dueMs = performance.now() + PATIENCE_MS;
  try {
    for (const { cores, block, launch } of ranks) {
      if (performance.now() < dueMs) await backing.settle(launch.program, launch.limitPages);
      requireOpen();
      signal?.throwIfAborted();
      taken.push(backing.resourcesFor(cores, block, launch));
    }
    return taken;
  } catch (error) {
    for (const resources of taken) resources.discard();
    throw error;
  }
}

function begin(
  ranks: readonly Rank[],
  resources: readonly ProcessResources[],
  pool: CorePool,
  options: JobOptions,
  { backing, start }: JobStarter,
  torus: Torus,
  part: JobPart | undefined,
): Job {
  const ranksHere = ranks.length;
  const { firstRank = 0, size = ranksHere, transport } = part ?? {};
  const jobMemories = memoriesOf.get(backing) ?? new JobMemories();
  memoriesOf.set(backing, jobMemories);
  const shared = jobMemories.take(size);
  const none = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true });
  const elsewhere = new Array<undefined>(firstRank).fill(undefined);
  const memories = [...elsewhere, ...resources.map(({ jobMemory }) => jobMemory?.memory ?? none())];
  const slots = [...elsewhere, ...ranks.map(({ cores }) => cores[0].slot)];
  const times = options.times ? new SharedArrayBuffer(callTimesBytes(size)) : undefined;
  const extra = { ...(times && { times }), ...(transport && { transport }) };
  const setup = { size, torus, ranksHere, shared, memories, slots, ...extra };
  const processes = ranks.map(({ cores, block, launch }, index) =>
    start(cores, block, pool, launch, resources[index] as ProcessResources, { ...setup, rank: firstRank + index }),
  );
  const wake = (rank: number): void => {
    const slot = slots[rank];
    if (slot !== undefined) ringSlot(backing.control, slot);
  };
  const job = new Job({
    processes,
    names: ranks.map(({ launch }) => launch.name),
    options,
    firstRank,
    traffic: () => readTraffic(shared, size),
    times: () => times && readCallTimes(times, size),
    wake,
    onRankEnded: (rank) => {
      endRank(shared, rank);
      for (const each of slots.keys()) wake(each);
      part?.onRankEnded(rank);
    },
    onGone: () => {
      for (const { jobMemory } of resources) jobMemory?.end();
      const giveBack = (): void => jobMemories.giveBack(shared);
      job.exit.then(giveBack, giveBack); // which tells what was sent
    },
  });
  return job;
}
