// What Linux is told of its machine; it has no other way to know.

/** What the machine has, as /proc and sysinfo(2) tell it. */
export interface MachineFacts {
  readonly applicationCores: number;
  readonly systemCores: number;
  /** Most that all guests together may grow to, in bytes. */
  readonly memoryBytes: number;
}
