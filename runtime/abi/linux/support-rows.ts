// The rows of what the WebAssembly Linux Interface has besides Linux's calls: a program's arguments, its start and end, threads.
// Only the table; read through rows.ts. Results are 32 bits wide. See: the WebAssembly Linux Interface, auxiliary calls.

import type { Param } from '../row.ts';
import { FAULT, type Given, type NamedRow, SUPPORT_BASE, s32, u32, WALI_MODULE, writes } from './call.ts';

export const SUPPORT_ROWS = [
  support(0, '__init', {
    home: 'cnk',
    summary: 'Is called before anything else; gives 0.',
    params: [],
  }),
  support(1, '__deinit', {
    home: 'cnk',
    summary: 'Is called after main has returned; gives 0.',
    params: [],
  }),
  support(2, '__proc_exit', {
    home: 'cnk',
    summary: 'Ends the process, all its threads, with an exit status.',
    params: [s32('status')],
    result: 'never',
  }),
  support(3, '__cl_get_argc', { home: 'cnk', summary: 'Tells how many arguments there are.', params: [] }),
  support(4, '__cl_get_argv_len', {
    home: 'cnk',
    summary: 'Tells the length of an argument, without a NUL.',
    params: [u32('arg_index')],
    errors: { EINVAL: 'there is no such argument' },
  }),
  support(5, '__cl_copy_argv', {
    home: 'cnk',
    summary: 'Stores an argument, ended by NUL; gives its length.',
    params: [writes('argbuf', 'u8'), u32('arg_index')],
    errors: { ...FAULT, EINVAL: 'there is no such argument' },
  }),
  support(6, '__get_init_envfile', {
    home: 'cnk',
    summary:
      'Stores the path of a file of NAME=VALUE lines, the environment; gives its length, 0 when there is none or no room.',
    params: [writes('pathbuf', 'u8'), u32('bufsize')],
    errors: FAULT,
  }),
  support(7, '__wasm_thread_spawn', {
    home: 'core',
    summary: 'Starts a thread at a function of table 0, which is called with its id and an argument; gives that id.',
    params: [u32('start'), u32('argument', 'address')],
    errors: {
      EAGAIN: 'each core of the process has a thread, or the process has one core',
      EINVAL: 'there is no such function',
    },
  }),
  // Of programs that were built for an engine that keeps a stack's places; what our compiler builds has no use for them.
  support(8, 'setjmp', {
    home: 'core',
    summary: 'Gives 0, as the first return from a place to come back to.',
    params: [u32('env', 'address')],
    support: 'partial',
    note: 'The place is not kept: whoever jumps there ends the program.',
  }),
  support(9, 'sigsetjmp', {
    home: 'core',
    summary: 'Gives 0, as the first return from a place to come back to.',
    params: [u32('env', 'address'), s32('savesigs')],
    support: 'partial',
    note: 'The place is not kept: whoever jumps there ends the program.',
  }),
  support(10, 'longjmp', {
    home: 'core',
    summary: 'Ends the program by SIGABRT: nothing can leave frames of WebAssembly for a place in another.',
    params: [u32('env', 'address'), s32('val')],
    result: 'none',
    support: 'partial',
    note: 'It never jumps.',
  }),
] as const;

function support<const Name extends string, const Params extends readonly Param[]>(
  index: number,
  name: Name,
  given: Given<Params>,
): NamedRow<Name, Params> {
  return {
    module: WALI_MODULE,
    result: 'value',
    errors: {},
    blocks: false,
    support: 'full',
    ...given,
    name,
    number: SUPPORT_BASE + index,
  };
}
