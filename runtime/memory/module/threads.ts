// Whether a program may have threads: each thread is one more instance of its module on the process's memory, so the module must leave
// alone at its second instantiation what the first one has made. Programs of the wasi-threads ABI that do not are refused; WALI's import
// the spawning of threads with their libc, used or not, and run with one thread. Called by rewrite.ts.
// Source: the wasi-threads ABI (WebAssembly/wasi-threads); tool conventions, "Linking": `__wasm_init_memory`, `__stack_pointer`, `__tls_base`.

import { readGlobalNames } from './custom.ts';
import { u32Behind } from './edit/bytes.ts';
import { ModuleError } from './errors.ts';
import { SECTION } from './features.ts';
import { skipInstruction, skipLocals } from './instructions.ts';
import type { ParsedModule } from './parse.ts';
import { ByteReader } from './reader.ts';
import type { ByteRange, ModuleImport } from './sections.ts';

/** By which functions a program starts threads. */
const SPAWN = {
  wali: { module: 'wali', name: '__wasm_thread_spawn' },
  wasi: { module: 'wasi', name: 'thread-spawn' },
} as const;
/** What a thread of the wasi-threads ABI begins with: (tid, argument). */
const WASI_START = 'wasi_thread_start';
/** The globals that a thread's start sets: wasm-ld's, which it defines first and in this order, and that of our libc. */
const THREAD_GLOBALS = ['__stack_pointer', '__tls_base', '__stack_limit'];
/** A start function may leave its work to others. */
const DEEPEST_CALL = 4;
const CALL = 0x10;
const I32_ATOMIC_CMPXCHG = [0xfe, 0x48] as const;

export interface ThreadUse {
  /** It imports a function that starts threads, and is made for them. */
  readonly spawnsThreads: boolean;
  /**
   * What a thread leaves in its instance does not show in the next one: each global that may change is one that a thread's start sets,
   * as far as names or, without them, places tell.
   */
  readonly reusesInstance: boolean;
}

/** Errors: ModuleError ENOEXEC: it is built for the wasi-threads ABI, and no thread could be started in it. */
export function threadUseOf(parsed: ParsedModule): ThreadUse {
  const problem = problemOf(parsed);
  if (imports(parsed, SPAWN.wasi)) {
    const unfit = problem ?? wasiStartProblem(parsed);
    if (unfit !== undefined) {
      throw new ModuleError(
        'ENOEXEC',
        `unsupported module: it starts threads (wasi.thread-spawn), but ${unfit}; build it for wasm32-wasip1-threads with -pthread`,
      );
    }
    return { spawnsThreads: true, reusesInstance: reusesInstance(parsed) };
  }
  const spawnsThreads = imports(parsed, SPAWN.wali) && problem === undefined && parsed.tables.length > 0;
  return { spawnsThreads, reusesInstance: spawnsThreads && reusesInstance(parsed) };
}

/** A second instance on the same memory changes nothing there, as far as can be told. */
export function canInstantiateTwice(parsed: ParsedModule): boolean {
  return problemOf(parsed) === undefined;
}

function imports(parsed: ParsedModule, { module, name }: Pick<ModuleImport, 'module' | 'name'>): boolean {
  return parsed.imports.some((each) => each.kind === 'function' && each.module === module && each.name === name);
}

/** What is against a second instance: one runs the active data segments and the start function again. */
function problemOf(parsed: ParsedModule): string | undefined {
  const { memories, dataSegments, start } = parsed;
  if (memories[0]?.isShared !== true) return 'its memory is not shared';
  if (dataSegments.active > 0) return 'it has active data segments, which each thread would load again';
  return start === undefined || isGuarded(parsed, start.body)
    ? undefined
    : 'its start function would run again in each thread';
}

/** What is no code is for the engine to refuse. */
function isGuarded(parsed: ParsedModule, start: ByteRange | undefined): boolean {
  try {
    return effectOf(parsed, start) !== 'unguarded';
  } catch (error) {
    if (error instanceof ModuleError) return false;
    throw error;
  }
}

function wasiStartProblem({ exports }: ParsedModule): string | undefined {
  const start = exports.find(({ name }) => name === WASI_START);
  if (start === undefined) return `it has no ${WASI_START}`;
  const isRight =
    start.type?.results.length === 0 && start.type.params.length === 2 && start.type.params.every((p) => p === 'i32');
  return isRight ? undefined : `its ${WASI_START} is no function of two i32`;
}

/**
 * What a function does to memory first: nothing at all; an `i32.atomic.rmw.cmpxchg`, by which wasm-ld's start function lets the first
 * instance alone go on; or anything else. A guess where a function does more: it may be wrong about a program that wants to be
 * wronged, and then hurts that program alone.
 */
function effectOf(parsed: ParsedModule, body: ByteRange | undefined, depth = 0): 'nothing' | 'guarded' | 'unguarded' {
  if (body === undefined || depth > DEEPEST_CALL) return 'unguarded';
  const reader = new ByteReader(parsed.bytes, body.start, body.end, 'code section');
  skipLocals(reader);
  while (reader.remaining > 0) {
    const at = reader.offset;
    skipInstruction(reader);
    const [opcode = 0, next] = [parsed.bytes[at], parsed.bytes[at + 1]];
    if (opcode === I32_ATOMIC_CMPXCHG[0] && next === I32_ATOMIC_CMPXCHG[1]) return 'guarded';
    if (opcode === CALL) {
      const called = u32Behind(parsed.bytes, at);
      // One call alone is looked into: what is done later is not seen, and the time it takes is bounded.
      return effectOf(parsed, bodyOf(parsed, called), depth + 1) === 'guarded' ? 'guarded' : 'unguarded';
    }
    if (mayReachOut(opcode)) return 'unguarded';
  }
  return 'nothing';
}

/** Whether an instruction may change a memory or table, or call what does. */
function mayReachOut(opcode: number): boolean {
  const isStore = opcode >= 0x36 && opcode <= 0x3e;
  const isCall = opcode >= CALL && opcode <= 0x13;
  return isStore || isCall || opcode === 0x26 || opcode === 0x40 || opcode >= 0xfc;
}

/** Where a function's locals and instructions stand; undefined: it is an import. */
function bodyOf({ bytes, sections, functionCount }: ParsedModule, index: number): ByteRange | undefined {
  const code = sections.find(({ id }) => id === SECTION.code);
  if (code === undefined) return undefined;
  const reader = new ByteReader(bytes, code.entries, code.end, 'code section');
  for (let at = functionCount - code.count; at <= index && reader.remaining > 0; at++) {
    const start = reader.skip(reader.u32());
    if (at === index) return { start, end: reader.offset };
  }
  return undefined;
}

function reusesInstance({ mutableGlobals, customs }: ParsedModule): boolean {
  const names = readGlobalNames(customs.get('name') ?? new Uint8Array(0));
  return mutableGlobals.every(({ index, value, startsAtZero }, place) => {
    const name = names.get(index);
    if (name !== undefined) return THREAD_GLOBALS.includes(name);
    // Not named: a stack pointer begins at the stack's end, the others at 0.
    return value === 'i32' && place < THREAD_GLOBALS.length && startsAtZero === place > 0;
  });
}
