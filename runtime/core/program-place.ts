// Where a guest's thread is in its program, in a line for people: `exchange (ring.c:12) <- main (ring.c:30)`. What libraries do for it is left
// out, from the call by which it waits on: nothing in a module says whose a function is, but its name does.

import { type Frame, guestFrames } from './frames.ts';
import type { LocateSource } from './source-lines.ts';

/** So many functions say where it is. */
const FRAMES_MOST = 3;
const NAME_MOST = 60;
const MAIN = /^(?:main|__main_void|__main_argc_argv|__original_main)$/;
/** Functions of C libraries, of MPI, of OpenMP's and of C++'s and Rust's standard ones. */
const LIBRARIES = [
  /^_(?!ZN?K?\d|R)/,
  /^_ZN(?:3std|4core|5alloc)\d/,
  /^(?:pthread|sem|mtx|cnd|thrd|omp|P?MPI|wasi)_/,
  /^call_once$/,
  /^(?:decltype\(|[\w*&]+ )?<?(?:std|core|alloc)::/,
  /kmp_|__kmp/,
];
/** What our C library begins a process and a thread by, outermost first: static functions of it have names as any other's. */
const LAUNCHERS = [
  '_start',
  '__start_process',
  '__thread_start',
  '__thread_begin',
  'run',
  'call',
  'start',
  'start_c11',
];

/** @param stack of the thread, as the engine writes it @returns empty: nothing is known */
export function programPlace(stack: string, locate: LocateSource, firstOwn?: number): string {
  const named = guestFrames(stack, firstOwn).flatMap((frame) => {
    const name = bareName(frame);
    return name === undefined ? [] : [{ name, offset: frame.offset }];
  });
  for (const launcher of LAUNCHERS) if (named.at(-1)?.name === launcher) named.pop();
  const main = named.findIndex(({ name }) => MAIN.test(name)); // by which another one may have called it
  const own = named.filter(({ name }, i) => i === main || !LIBRARIES.some((library) => library.test(name)));
  const shown = own.slice(0, FRAMES_MOST).map(({ name, offset }) => {
    const source = locate(Number(offset));
    return `${MAIN.test(name) ? 'main' : shortened(name)}${source === undefined ? '' : ` (${source})`}`;
  });
  return shown.join(' <- ');
}

function bareName({ name, moduleName }: Frame): string | undefined {
  const prefix = `${moduleName}.`;
  return name?.startsWith(prefix) === true ? name.slice(prefix.length) : name;
}

function shortened(name: string): string {
  return name.length > NAME_MOST ? `${name.slice(0, NAME_MOST - 1)}…` : name;
}
