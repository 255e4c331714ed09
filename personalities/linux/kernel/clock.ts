// The machine's time for file times and deadlines, without a bigint on the way: seconds and nanoseconds as two numbers,
// advanced by the monotonic clock and set again from the real-time clock once a second (it may be stepped).

export interface ClockSource {
  /** Nanoseconds since the machine's epoch. */
  monotonicNs(): number;
  /** Nanoseconds since 1970. */
  realtimeNs(): bigint;
}

const NS = 1e9;

export class Clock {
  readonly #source: ClockSource;
  #baseMonotonicNs = Number.NEGATIVE_INFINITY;
  #baseSec = 0;
  #baseNsec = 0;
  readonly #isTicked: boolean;
  /** The time of the last `read`: seconds since 1970 and the nanoseconds beyond. */
  sec = 0;
  nsec = 0;

  /** @param isTicked somebody calls `tick` often enough; `read` then gives the time of the last tick, as Linux does */
  constructor(source: ClockSource, isTicked = false) {
    this.#source = source;
    this.#isTicked = isTicked;
    this.tick();
  }

  monotonicNs(): number {
    return this.#source.monotonicNs();
  }

  realtimeNs(): bigint {
    return this.#source.realtimeNs();
  }

  /** Brings `sec` and `nsec` up to date for the time of a file. */
  read(): void {
    if (!this.#isTicked) this.tick();
  }

  tick(): void {
    const now = this.#source.monotonicNs();
    const since = now - this.#baseMonotonicNs;
    if (since >= NS) {
      const realtime = this.#source.realtimeNs();
      this.#baseMonotonicNs = now;
      this.#baseSec = Number(realtime / 1_000_000_000n);
      this.#baseNsec = Number(realtime % 1_000_000_000n);
      this.sec = this.#baseSec;
      this.nsec = this.#baseNsec;
      return;
    }
    const nsec = this.#baseNsec + Math.floor(since);
    this.sec = nsec >= NS ? this.#baseSec + 1 : this.#baseSec;
    this.nsec = nsec >= NS ? nsec - NS : nsec;
  }
}
