// Linux's calls that CNK serves, by name: those that go where the process's placement says, and those that are the guest's own
// thread's under every placement.

import type { CoreHandlers, LocalHandlers } from './context.ts';
import * as identity from './identity.ts';
import * as jump from './jump.ts';
import * as memory from './memory.ts';
import * as process from './process.ts';
import * as signals from './signals.ts';
import * as sleep from './sleep.ts';
import * as threads from './threads.ts';
import * as time from './time.ts';

const { clockOriginMs: _, ...clocks } = time;
const { sleepUntil: __, ...sleeping } = sleep;
const { endThread: ___, threadSpawn, ...threading } = threads;

export const linuxHandlers: Partial<LocalHandlers> = { ...identity, ...process, ...clocks };

export const coreHandlers: Partial<CoreHandlers> = { ...jump, ...memory, ...signals, ...sleeping, ...threading };

/** Of wasi-threads. */
export const wasiThreadsHandlers = { 'thread-spawn': threadSpawn };
