// Entry of a core's worker: wires the monitor, the channel, CNK and (for the `library` placement) a private Linux, and runs
// one guest at a time. Between guests it waits in its event loop; in guest code it receives nothing.

import { type CnkContext, type FilesContext, type StagedFile, StagedFiles } from '../../../personalities/cnk/index.ts';
import { exitStatus, Signal, signalStatus } from '../../abi/signals.ts';
import { CALLS, findRow } from '../../abi/table.ts';
import { Client } from '../../channel/client.ts';
import { CALL_EXIT, type Control, slotCounters, viewControl } from '../../channel/layout.ts';
import { sleepOnSlot } from '../../channel/run-clock.ts';
import { type Binding, bindImports, LinkError, shipping } from '../../core/bind.ts';
import { readLastWords } from '../../core/last-words.ts';
import { growing, MemoryCalls, THREADS_AHEAD_PAGES } from '../../core/memory-calls.ts';
import { type GuestEnd, Monitor } from '../../core/monitor.ts';
import type { Services } from '../../core/route.ts';
import { scrub } from '../../core/scrub.ts';
import { SignalHandlers } from '../../core/signal-handlers.ts';
import type { GuestThreadServer } from '../../files/guest-thread/server.ts';
import { host } from '../../host/index.ts';
import { GuestMemory, type GuestMemorySource, unsharedSource } from '../../memory/guest-memory.ts';
import { knownPages } from '../../memory/pages.ts';
import { blockOfFirst, ProcessBlock } from '../../process/block.ts';
import { AT_EXPORT, ThreadCores, type ThreadOrder } from '../../process/thread-cores.ts';
import { createTracer, type Tracer } from '../../trace/tracer.ts';
import { describeError } from '../errors.ts';
import {
  bindHostFunctions,
  callBackBy,
  type HostModuleFunctions,
  loadHostModules,
} from '../host-functions/guest-side.ts';
import type { HostSetup } from '../host-functions/imports.ts';
import type { createLibrary, Library } from '../linux/in-core.ts';
import type { FromCore, LaunchError, StartGuest, ToCore } from '../messages.ts';
import { traceWriter } from '../process/trace.ts';
import type { Batch } from '../resident/batch.ts';
import { BatchRun } from '../resident/batch-run.ts';
import type { UnsharedStart } from '../unshared/messages.ts';
import type { WasmValue } from '../values/wasm-values.ts';
import {
  type CnkParts,
  type CoreService,
  cnkContext,
  cnkServices,
  cnkServicesWithFiles,
  coreService,
} from './cnk-context.ts';
import { clearSlot } from './pool.ts';
import type { RankServiceParts } from './rank.ts';
import { loadStage, needsModules, stageFiles } from './stage-loading.ts';
import { threadsOn } from './threads.ts';

Error.stackTraceLimit = 64;

interface Guest {
  readonly start: StartGuest;
  readonly client: Client;
  /** By path. */
  readonly staged: ReadonlyMap<string, StagedFile>;
  /** For the `library` placement: what makes its Linux, loaded only then. */
  readonly createLibrary: typeof createLibrary | undefined;
  /** On a machine with host directories: what Linux leaves to this thread. */
  readonly hostWork: GuestThreadServer | undefined;
  /** Functions of the embedder's, from modules. */
  readonly hostFunctions?: HostModuleFunctions;
  /** Of a process that has taken several. */
  readonly cores: ThreadCores | undefined;
  /** Of a rank whose messages go otherwise than by shared memory. */
  readonly createTransport?: RankServiceParts['createTransport'];
  library?: Library;
}

/** An instance, and what serves the thread that runs it. */
interface Made {
  readonly instance: WebAssembly.Instance;
  readonly service: CoreService;
}

interface RunningGuest extends Guest {
  readonly instance: WebAssembly.Instance;
}

const parent = host.parent();
let control: Control;
let slot = 0;
let epochMs = 0;
/** Of the guest's process, and those who work on it. */
let block: ProcessBlock;
let monitor: Monitor;
let memoryCalls: MemoryCalls;
/** A loaded program that waits for calls. */
let resident: RunningGuest | undefined;
/** Loaded with the first guest of a machine that has host directories. */
let HostWork: typeof GuestThreadServer | undefined;
/** Loaded with the first guest that makes calls of MPI. */
let messaging: typeof import('./rank.ts') | undefined;
/** Of a program that has none. */
const NO_MEMORY: GuestMemorySource = { buffer: new ArrayBuffer(0), grow: () => 0 };
const NO_FUNCTIONS: HostModuleFunctions = new Map();
const NO_FILES: ReadonlyMap<string, StagedFile> = new Map();
/** Of a thread whose function has returned. */
const THREAD_ENDED: GuestEnd = { waitStatus: exitStatus(0), trap: undefined, isThreadOnly: true };
/** Where threads of a program begin that was made for wasi-threads. */
const THREAD_EXPORT = 'wasi_thread_start';

parent.onMessage((message) => {
  try {
    receive(message as ToCore);
  } catch (error) {
    reportBug(error);
  }
});

/** Between guests, a bug of ours stops the machine. */
function reportBug(error: unknown): void {
  post({ type: 'bug', message: describeError(error) });
}

function post(message: FromCore): void {
  parent.post(message);
}

/** The next guest is a thread of the process that has the block. */
function enter(number: number): void {
  if (monitor !== undefined && block.number === number) return;
  const process = new ProcessBlock(control, number);
  block = process;
  monitor = new Monitor(control, slot, process);
  memoryCalls = new MemoryCalls(process.words, process.pagesIndex, () => process.refuse('memory'));
}

function receive(message: ToCore): void {
  switch (message.type) {
    case 'boot':
      control = viewControl(message.control);
      ({ slot, epochMs } = message);
      enter(blockOfFirst(slot)); // most likely
      return post({ type: 'ready' });
    case 'start':
      try {
        enter(message.block);
        return prepareAndStart(message);
      } catch (error) {
        return endByBug(message, error);
      }
    case 'call':
      return call(message.id, message.name, message.args);
    case 'batch':
      return callBatch(message.id, message.batch);
    case 'scrub':
      scrub(message.memory);
      return post({ type: 'scrubbed' });
    case 'unload':
      if (resident !== undefined) end(resident, { waitStatus: 0, trap: undefined });
  }
}

/** Most guests need nothing more than what is here: they start at once. */
function prepareAndStart(message: StartGuest): void {
  const { stage, quotaBytes, placement } = message;
  const hasOwnLinux = placement === 'library';
  const isReady =
    (message.hostWork === undefined || HostWork !== undefined) && (!message.usesMessaging || messaging !== undefined);
  const wantsModules =
    message.host?.imports.some(({ from }) => from !== undefined) === true || message.job?.transport !== undefined;
  if (!isReady || wantsModules) return prepareLate(message);
  if (!hasOwnLinux && stage === undefined) return start(createGuest(message, NO_FILES, undefined));
  if (!hasOwnLinux && stage !== undefined && !needsModules(stage)) {
    return start(createGuest(message, stageFiles(stage, quotaBytes), undefined));
  }
  prepareLate(message);
}

function prepareLate(message: StartGuest): void {
  prepare(message).catch((error: unknown) => endByBug(message, error));
}

/** What fails before the monitor guards the guest, or after, hurts that guest alone. */
function endByBug(message: StartGuest, error: unknown): void {
  const client = new Client(control, slot, block.number, monitor.leave);
  const ended = { waitStatus: signalStatus(Signal.SIGKILL), trap: undefined, bug: describeError(error) };
  const nothing = { staged: NO_FILES, createLibrary: undefined, hostWork: undefined, cores: undefined };
  finish({ start: message, client, ...nothing }, ended, {});
}

async function prepare(message: StartGuest): Promise<void> {
  const { stage, quotaBytes, placement } = message;
  const library = placement === 'library' ? await import('../linux/in-core.ts') : undefined;
  if (message.hostWork !== undefined)
    HostWork ??= (await import('../../files/guest-thread/server.ts')).GuestThreadServer;
  if (message.usesMessaging) messaging ??= await import('./rank.ts');
  const transport = message.job?.transport;
  const createTransport = transport && (await messaging?.loadTransport(transport));
  const staged = stage === undefined ? NO_FILES : await loadStage(stage, quotaBytes);
  const hostFunctions = message.host === undefined ? NO_FUNCTIONS : await loadHostModules(message.host.imports);
  const error = 'error' in staged ? staged.error : 'error' in hostFunctions ? hostFunctions.error : undefined;
  const guest = createGuest(message, 'error' in staged ? NO_FILES : staged, library?.createLibrary);
  if (error !== undefined) fail(guest, error);
  else start({ ...guest, hostFunctions: 'error' in hostFunctions ? NO_FUNCTIONS : hostFunctions, createTransport });
}

function createGuest(
  start: StartGuest,
  staged: ReadonlyMap<string, StagedFile>,
  create: typeof createLibrary | undefined,
): Guest {
  const hostWork = hostWorkFor(start);
  const client = new Client(control, slot, block.number, monitor.leave, hostWork?.work);
  const cores = start.threads && new ThreadCores(control, block, start.threads.slots, slot, host.processors);
  return { start, client, staged, createLibrary: create, hostWork, cores };
}

function hostWorkFor({ placement, hostWork, memory: own }: StartGuest): GuestThreadServer | undefined {
  if (hostWork === undefined || HostWork === undefined || placement === 'library') return undefined;
  const memory = new GuestMemory(own ?? NO_MEMORY, block.memoryPages);
  return new HostWork(hostWork, slot, (start, length) => {
    memory.contains(start, length);
    return memory.bytes;
  });
}

function start(guest: Guest): void {
  const message = guest.start;
  monitor.arm(message.module);
  if (guest.cores !== undefined && guest.cores.slots[0] !== slot) return serveThreads(guest, guest.cores);
  if (message.unshared !== undefined) {
    // Nobody else can.
    block.clear();
    clearSlot(control, slot, block, message.process.pid);
  }
  if (message.isMemoryDirty && message.memory !== undefined) scrub(message.memory);
  const started = monitor.guard(() => instantiate(guest));
  if ('end' in started) return end(guest, started.end);
  if ('error' in started.value) return fail(guest, started.value.error);
  if (guest.cores !== undefined) block.becomeReady();
  const running: RunningGuest = { ...guest, instance: started.value.instance };
  if (message.mode === 'resident') return keep(running);
  const run = monitor.guard(() => runCommand(running));
  if ('end' in run) return threadEnded(guest, run.end);
  end(guest, { waitStatus: exitStatus(0), trap: undefined }, run.value);
}

/** Runs threads of the process, one after another, until it ends. Blocks this thread. */
function serveThreads(guest: Guest, cores: ThreadCores): void {
  sleepOnSlot(control, slot, () => block.isReady || monitor.isKilled);
  let kept: Made | undefined;
  const make = (): Made | GuestEnd => {
    const made = monitor.guard(() => instantiate(guest));
    if ('end' in made) return made.end;
    return 'error' in made.value ? { waitStatus: exitStatus(127), trap: undefined } : made.value;
  };
  while (!monitor.isKilled) {
    const made = kept ?? make(); // before it is needed
    if (!('instance' in made)) return end(guest, made);
    const order = cores.next();
    if (order === undefined) break;
    const run = monitor.guard(() => runThread(guest, made, order));
    const how = 'end' in run ? run.end : THREAD_ENDED;
    if (how.isThreadOnly === undefined) return end(guest, how);
    monitor.rearm();
    kept = guest.start.threads?.reusesInstance ? made : undefined;
    if (cores.left()) return end(guest, { waitStatus: how.waitStatus, trap: undefined });
  }
  end(guest, { waitStatus: exitStatus(0), trap: undefined });
}

function runThread({ start }: Guest, { instance, service }: Made, { index, tid, argument }: ThreadOrder): void {
  const { exports } = instance;
  type Entry = (tid: number, argument: number) => void;
  const table = start.tableExport === undefined ? undefined : (exports[start.tableExport] as WebAssembly.Table);
  const entry: Entry | null | undefined =
    index === AT_EXPORT ? (exports[THREAD_EXPORT] as Entry) : index < (table?.length ?? 0) ? table?.get(index) : null;
  if (typeof entry !== 'function') return monitor.raise(Signal.SIGSEGV, 'a thread begins where there is no function');
  service.begin();
  entry(tid, argument);
  service.endThread(0);
}

/** The main thread has ended, and others may not have. */
function threadEnded(guest: Guest, how: GuestEnd): void {
  const { cores } = guest;
  if (cores === undefined || how.isThreadOnly === undefined) return end(guest, how);
  if (!cores.left()) sleepOnSlot(control, slot, () => monitor.isKilled);
  end(guest, { waitStatus: how.waitStatus, trap: undefined });
}

function instantiate(guest: Guest): Made | { error: LaunchError } {
  const { start, client, createTransport } = guest;
  try {
    const own = start.memory ?? (start.unshared && createMemory(start.unshared));
    const source = start.unshared ? unsharedSource(() => own) : (own ?? NO_MEMORY);
    const memory = new GuestMemory(source, start.unshared ? undefined : block.memoryPages);
    const library = guest.createLibrary?.(start, memory, control, slot, block, epochMs, monitor, post);
    if (library !== undefined && 'error' in library) return library;
    if (library !== undefined) guest.library = library;
    const { shipped } = slotCounters(control, slot);
    const rest = library ?? shipping(client, shipped);
    const aheadPages = guest.cores === undefined ? 0 : THREADS_AHEAD_PAGES;
    memoryCalls.take(start.unshared === undefined ? own : undefined, start.maximumPages, aheadPages);
    const handlers = new SignalHandlers(monitor);
    const service = coreService({
      ...cnkParts(guest, memory),
      ...(library === undefined ? { sleepUntil: monitor.sleepUntil } : { sleep: library.sleep }),
      rest,
      missing: monitor.missing,
      contain: monitor.contain,
      maximumPages: start.maximumPages,
      grow: start.unshared === undefined ? memoryCalls.grow : growing(own, () => block.refuse('memory')),
      callHandler: handlers.call,
      threads: threadsOn(guest.cores, { pid: start.process.pid, slot }, monitor),
      deadlockCheck: start.deadlockCheck,
      shared: start.threads?.shared,
    });
    const { core, attention } = service;
    client.interrupts = service.interrupts;
    const imports = bindImports(start.module, own, {
      calls: CALLS,
      placement: start.placement,
      routes: start.routes,
      unknownImports: start.unknownImports,
      stubs: start.stubs,
      host: start.host && hostFor(start.host, guest, memory),
      services: {
        ...(library === undefined && cnkFor(guest, memory, guest.cores && service.futex.giveWay)),
        core,
        messaging: start.usesMessaging
          ? messaging?.rankService({ start, control, slot, block, memory, monitor, handlers, epochMs, createTransport })
          : undefined,
      },
      rest,
      attention,
      trace: tracerFor(start, memory, guest.cores),
      noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(memory, row, args)),
      missing: monitor.missing,
      contain: monitor.contain,
    });
    // Before the instance takes note of its size.
    if (start.memory !== undefined) knownPages(start.memory, block.memoryPages());
    const instance = new WebAssembly.Instance(start.module, imports);
    handlers.adopt(instance, start.tableExport);
    if (start.memoryCalls !== undefined) memoryCalls.bind(instance, start.memoryCalls, source, service.waits);
    return { instance, service };
  } catch (error) {
    if (error instanceof LinkError || error instanceof WebAssembly.LinkError) {
      return { error: { code: 'ENOEXEC', message: `the program cannot be linked: ${error.message}` } };
    }
    throw error;
  }
}

function hostFor(setup: HostSetup, { hostFunctions = NO_FUNCTIONS }: Guest, memory: GuestMemory): Binding['host'] {
  const callBack = callBackBy(setup, control, slot, monitor, post);
  return bindHostFunctions({ imports: setup.imports, functions: hostFunctions, memory, monitor, callBack });
}

/** Errors: RangeError when the engine has no such memory. */
function createMemory({ memory }: UnsharedStart): WebAssembly.Memory | undefined {
  return memory && new WebAssembly.Memory({ initial: memory.initialPages, maximum: memory.maximumPages });
}

function tracerFor({ trace }: StartGuest, memory: GuestMemory, cores: ThreadCores | undefined): Tracer | undefined {
  if (trace === undefined) return undefined;
  const { shipped } = slotCounters(control, slot);
  const write = traceWriter(trace, post, monitor.sleep);
  // Of several threads, who it is, as strace says it.
  const emit = cores === undefined ? write : (line: string): void => write(`[pid ${cores.tid}] ${line}`);
  return createTracer({ memory, shipped, emit });
}

function cnkParts({ start: { process, limits } }: Guest, memory: GuestMemory): CnkParts {
  return { process, limits, memory, control, slot, block, epochMs, monitor, sleep: monitor.sleep };
}

function cnkFor(guest: Guest, memory: GuestMemory, giveWay: (() => void) | undefined): Services {
  const { start: message, client, staged } = guest;
  const parts = { ...cnkParts(guest, memory), giveWay };
  if (staged.size === 0) return cnkServices(parts);
  return cnkServicesWithFiles(withFiles(cnkContext(parts), message, staged, client), parts);
}

function withFiles(
  context: CnkContext,
  { process }: StartGuest,
  files: ReadonlyMap<string, StagedFile>,
  client: Client,
): FilesContext {
  const { shipped } = slotCounters(control, slot);
  return {
    ...context,
    files: new StagedFiles({
      table: context.descriptors,
      files,
      preopens: process.preopens.map(({ path }) => path),
      sleep: monitor.sleep,
    }),
    ship: (module, call, ...args) => {
      const row = findRow(module, call);
      if (row === undefined) throw new RangeError(`there is no call ${module}.${call} to ship`);
      shipped[row.number] = (shipped[row.number] as number) + 1;
      return (client.handlerFor(row) as (context: undefined, ...values: readonly number[]) => number)(
        undefined,
        ...args,
      );
    },
  };
}

function runCommand({ start, instance }: RunningGuest): string[] {
  const { exports } = instance;
  initialize(instance);
  if (start.invoke !== undefined) {
    // Name and arguments were checked before.
    const { name, args } = start.invoke;
    const target = exports[name] as (...values: readonly WasmValue[]) => unknown;
    const given = target(...args);
    return given === undefined ? [] : [given].flat().map(String);
  }
  const main = exports['_start'];
  if (typeof main === 'function') main();
  return [];
}

/** A reactor's constructor runs once, before any other export. See: WASI application ABI. */
function initialize({ exports }: WebAssembly.Instance): void {
  const initializer = exports['_initialize'];
  if (typeof initializer === 'function') initializer();
}

function keep(guest: RunningGuest): void {
  const initialized = monitor.guard(() => initialize(guest.instance));
  if ('end' in initialized) return end(guest, initialized.end);
  resident = guest;
  post({ type: 'loaded' });
}

/** Whoever calls has checked the arguments; one who comes late hears of the program's end by itself. */
function call(id: number, name: string, args: readonly WasmValue[]): void {
  const guest = resident;
  if (guest === undefined) return;
  const target = guest.instance.exports[name] as (...values: readonly WasmValue[]) => unknown;
  const called = monitor.guard(() => target(...args));
  if ('end' in called) return end(guest, called.end);
  post({ type: 'result', id, value: called.value });
}

function callBatch(id: number, batch: Batch): void {
  const guest = resident;
  if (guest === undefined) return;
  const run = new BatchRun(batch, guest.instance.exports);
  const called = monitor.guard(() => run.run());
  post({ type: 'batch-result', id, results: run.results, done: run.done });
  if ('end' in called) end(guest, called.end);
}

function fail(guest: Guest, error: LaunchError): void {
  finish(guest, { waitStatus: exitStatus(127), trap: undefined }, { error });
}

function end(guest: Guest, { failure, ...how }: GuestEnd, values: readonly string[] = []): void {
  // What a function threw does not cross to the booting thread; its message does.
  if (failure === undefined) finish(guest, how, { values });
  else finish(guest, how, { error: { code: 'EHOSTFUNC', message: failure.message } });
}

/** Linux hears of the end first: the booting thread may give this slot to the next guest as soon as it hears. */
function finish(
  { start, client, library, hostWork }: Guest,
  how: GuestEnd,
  rest: { error?: LaunchError; values?: readonly string[] },
): void {
  resident = undefined;
  const { end: settled, isOwn } = monitor.settle(how);
  library?.end(settled.waitStatus);
  hostWork?.dispose();
  if (start.placement !== 'library' && isOwn) client.report(CALL_EXIT, settled.waitStatus);
  const unshared = library?.report();
  post({ type: 'ended', pid: start.process.pid, end: settled, isOwn, ...rest, ...(unshared && { unshared }) });
}
