// The primitives that a Linux is given, whether it runs in a worker of its own or inside a guest's: clock, random bytes,
// the ends of the standard streams.

import type { StreamReader, StreamWriter } from '../../channel/service.ts';
import { StandardFile } from '../../host/standard-file.ts';
import { RandomPool } from '../../memory/random-pool.ts';
import { RingReader, RingWriter } from '../../shm/byte-stream.ts';
import type { ProcessMessage } from '../messages.ts';

const NS_PER_MS = 1_000_000n;

export interface LinuxClock {
  /** Since the machine's boot. */
  monotonicNs(): number;
  /** Since 1970. */
  realtimeNs(): bigint;
}

export function linuxClock(epochMs: number): LinuxClock {
  const sinceBootMs = performance.timeOrigin - epochMs;
  const originMs = Math.floor(performance.timeOrigin);
  const originNs = BigInt(originMs) * NS_PER_MS;
  const restMs = performance.timeOrigin - originMs;
  return {
    monotonicNs: () => (performance.now() + sinceBootMs) * 1e6,
    realtimeNs: () => originNs + BigInt(Math.floor((performance.now() + restMs) * 1e6)),
  };
}

const random = new RandomPool();

export function fillRandom(into: Uint8Array): void {
  random.fill(into, 0, into.length);
}

type Writer = StreamWriter | StandardFile;

/** @param ring wakes the host's thread beyond the streams' own words */
export function openStdio(
  { stdio: [stdin, stdout, stderr], standardFiles: [input, output, error] = [] }: ProcessMessage,
  ring: () => void,
): [StreamReader | StandardFile | 'null', Writer, Writer] {
  const out = output === undefined ? new RingWriter(stdout, ring) : new StandardFile(output);
  return [
    input !== undefined ? new StandardFile(input) : stdin === null ? 'null' : new RingReader(stdin, ring),
    out,
    error !== undefined ? new StandardFile(error) : stderr === stdout ? out : new RingWriter(stderr, ring),
  ];
}
