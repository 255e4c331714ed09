// What CNK is given in a thread that runs a guest: a core's worker, or the booting thread for a library there.

import { CNK_HANDLERS, type CnkContext, type FilesContext, STAGED_HANDLERS } from '../../../personalities/cnk/index.ts';
import { type Control, slotCounters } from '../../channel/layout.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { CallService, Services } from '../../core/route.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { RandomPool } from '../../memory/random-pool.ts';
import { encodeStrings } from '../../memory/string-vector.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { EpochMs, ProcessMessage } from '../messages.ts';
import type { CallLimits } from '../process/limits.ts';

export interface CnkParts {
  readonly process: Pick<ProcessMessage, 'args' | 'env'>;
  readonly memory: GuestMemory;
  readonly control: Control;
  readonly slot: number;
  readonly block: ProcessBlock;
  readonly epochMs: EpochMs;
  readonly monitor: Pick<Monitor, 'exit' | 'raise'>;
  readonly limits?: CallLimits;
  /** Sleeps as the thread may. */
  readonly sleep: (durationMs: number) => void;
}

const random = new RandomPool();

export function cnkContext(parts: CnkParts): CnkContext {
  const { process, memory, block, epochMs, monitor, sleep, limits } = parts;
  const bootedMs = performance.timeOrigin - epochMs;
  const originMs = Math.floor(performance.timeOrigin);
  return {
    memory,
    descriptors: block.descriptors(limits?.openFiles),
    args: encodeStrings(process.args),
    environment: encodeStrings(process.env),
    monotonicOffsetNs: bootedMs * 1e6,
    startedMs: performance.now(),
    realtimeOriginMs: originMs,
    realtimeRestNs: (performance.timeOrigin - originMs) * 1e6,
    random,
    exit: monitor.exit,
    raise: monitor.raise,
    sleep,
  };
}

/** CNK's services by home. */
export function cnkServices(parts: CnkParts): Services {
  const cnk = cnkService(cnkContext(parts), parts);
  return { cnk, fd: cnk };
}

/** With staged files, CNK may have whatever has a path or a descriptor. */
export function cnkServicesWithFiles(context: FilesContext, parts: CnkParts): Services {
  const cnk = cnkService(context, parts);
  const files: CallService = { ...cnk, handlerFor: ({ number }) => STAGED_HANDLERS[number] ?? CNK_HANDLERS[number] };
  return { cnk: files, fd: files, linux: files };
}

function cnkService(context: CnkContext, { control, slot }: CnkParts): CallService {
  return {
    context,
    handlerFor: ({ number }) => CNK_HANDLERS[number],
    counters: slotCounters(control, slot).local,
    placements: ['cnk'],
  };
}
