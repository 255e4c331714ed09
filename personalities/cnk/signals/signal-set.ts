// A set of signals, 1 to 64, in two halves of 32 bits, as a mask of Linux's has them in memory.

import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

/** The highest signal. */
export const SIGNALS_MOST = 64;
const HALF = 32;

export class SignalSet {
  low: number;
  high: number;

  constructor(low = 0, high = 0) {
    this.low = low;
    this.high = high;
  }

  static of(...signals: readonly number[]): SignalSet {
    const set = new SignalSet();
    for (const signal of signals) set.add(signal);
    return set;
  }

  /** From a checked address. */
  static read(memory: GuestMemory, at: number): SignalSet {
    return new SignalSet(memory.readU32(at), memory.readU32(at + 4));
  }

  /** At a checked address. */
  store(memory: GuestMemory, at: number): void {
    memory.writeU64Halves(at, this.low, this.high);
  }

  has(signal: number): boolean {
    const half = signal <= HALF ? this.low : this.high;
    return ((half >>> ((signal - 1) % HALF)) & 1) !== 0;
  }

  add(signal: number): void {
    if (signal <= HALF) this.low |= bit(signal);
    else this.high |= bit(signal);
  }

  delete(signal: number): void {
    if (signal <= HALF) this.low &= ~bit(signal);
    else this.high &= ~bit(signal);
  }

  and({ low, high }: SignalSet): SignalSet {
    return new SignalSet(this.low & low, this.high & high);
  }

  or({ low, high }: SignalSet): SignalSet {
    return new SignalSet(this.low | low, this.high | high);
  }

  without({ low, high }: SignalSet): SignalSet {
    return new SignalSet(this.low & ~low, this.high & ~high);
  }

  /** The lowest of them; 0: it is empty. */
  get first(): number {
    if (this.low !== 0) return HALF - Math.clz32(this.low & -this.low);
    return this.high === 0 ? 0 : 2 * HALF - Math.clz32(this.high & -this.high);
  }
}

function bit(signal: number): number {
  return 1 << ((signal - 1) % HALF);
}
