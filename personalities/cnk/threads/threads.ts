// What CNK is given of the threads of its process. A thread is placed on a free core of the process's own and stays there until it
// ends: CNK preempts nobody. Starting one needs neither Linux nor the booting thread.

/** By which entry a thread begins. */
export type ThreadStart =
  /** The function of table 0 at an index, called with the new thread's id and an argument: the Linux Interface for WebAssembly. */
  | { readonly abi: 'linux'; readonly index: number; readonly argument: number }
  /** The export `wasi_thread_start`, called with the same: wasi-threads. */
  | { readonly abi: 'wasi'; readonly argument: number };

export interface Threads {
  /** Of the thread that asks. */
  readonly tid: number;
  /** Its core's. */
  readonly slot: number;
  /** Threads that the process may have at once. */
  readonly most: number;
  /** Starts a thread, and waits for a core whose thread is about to leave it. @returns its id; −EAGAIN: all cores have one; −EINVAL */
  start(start: ThreadStart): number;
  /** From now on this thread's core is about to be free: who starts a thread waits for it. Before others hear that the thread ends. */
  leaving(): void;
  /** Ends this thread; the last one ends the process. Does not return. */
  end(status: number): never;
  /** The slot on which a thread runs; undefined: the process has no such thread. */
  slotOf(tid: number): number | undefined;
  /** Slots on which threads run, this one's included. */
  running(): number[];
}
