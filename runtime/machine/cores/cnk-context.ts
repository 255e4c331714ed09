// What CNK is given in a thread that runs a guest: a core's worker, or the booting thread for a library there.

import { CNK_HANDLERS, type CnkContext } from '../../../personalities/cnk/index.ts';
import type { AnyHandler, Row } from '../../abi/row.ts';
import { type Control, slotDescriptors } from '../../channel/layout.ts';
import type { LocalPersonality } from '../../core/bind.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { RandomPool } from '../../memory/random-pool.ts';
import { encodeStrings } from '../../memory/string-vector.ts';
import type { EpochMs, ProcessMessage } from '../messages.ts';
import type { CallLimits } from '../process/limits.ts';

export interface CnkParts {
  readonly process: Pick<ProcessMessage, 'args' | 'env'>;
  readonly memory: GuestMemory;
  readonly control: Control;
  readonly slot: number;
  readonly epochMs: EpochMs;
  readonly monitor: Pick<Monitor, 'exit' | 'raise'>;
  readonly limits?: CallLimits;
  /** Sleeps as the thread may. */
  readonly sleep: (durationMs: number) => void;
}

const random = new RandomPool();

export function cnkContext(parts: CnkParts): CnkContext {
  const { process, memory, control, slot, epochMs, monitor, sleep, limits } = parts;
  const bootedMs = performance.timeOrigin - epochMs;
  const originMs = Math.floor(performance.timeOrigin);
  return {
    memory,
    descriptors: slotDescriptors(control, slot, limits?.openFiles),
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

export function cnkHandlerFor(row: Row): AnyHandler<unknown> | undefined {
  return CNK_HANDLERS[row.module]?.[row.name] as AnyHandler<unknown> | undefined;
}

/** CNK without staged files. */
export function cnkPersonality(parts: CnkParts): LocalPersonality<unknown> {
  return { context: cnkContext(parts), handlerFor: cnkHandlerFor };
}
