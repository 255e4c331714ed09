// Signal numbers: Linux's (asm-generic) inside, WASI preview 1's at its edge; and the wait status of a process, as wait(2)
// gives it. See: Linux signal.h; WASI preview 1, `signal`.

export const Signal = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGPOLL: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

export type SignalName = keyof typeof Signal;

export const SIGNAL_NAMES = Object.keys(Signal) as SignalName[];

const NAMES = new Map<number, SignalName>(Object.entries(Signal).map(([name, number]) => [number, name as SignalName]));

/** The name of a signal number, or undefined when there is none. */
export function signalName(signal: number): SignalName | undefined {
  return NAMES.get(signal);
}

/** Linux's number of a WASI signal: WASI has no SIGSTKFLT, so what follows stands one lower. Zero when there is none. */
export function signalFromWasi(signal: number): number {
  if (signal < 0 || signal > 30) return 0;
  return signal < 16 ? signal : signal + 1;
}

/** SIGCHLD, SIGCONT, SIGURG, SIGWINCH and, since nobody could continue a stopped process, the stops. */
const HARMLESS: ReadonlySet<number> = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

/** Whether a signal's default action ends the process. */
export function endsProcess(signal: number): boolean {
  return !HARMLESS.has(signal);
}

/** A process's end in one number, as wait(2) has it: exit code in bits 8-15, or a signal in bits 0-6. */
export function exitStatus(code: number): number {
  return (code & 0xff) << 8;
}

export function signalStatus(signal: number): number {
  return signal & 0x7f;
}

/** What a shell would show: the exit code, or 128 + signal. */
export function decodeStatus(waitStatus: number): { exitCode: number; signal: SignalName | undefined } {
  const signal = waitStatus & 0x7f;
  if (signal === 0) return { exitCode: (waitStatus >> 8) & 0xff, signal: undefined };
  return { exitCode: 128 + signal, signal: signalName(signal) };
}
