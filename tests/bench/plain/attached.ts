// A server of mailboxes without a Linux behind it, for attached.bench: its calls do nothing. Messages say how many slots besides
// the first it serves, whose guests never call.

import { parentPort, workerData } from 'node:worker_threads';
import { TABLE } from '../../../runtime/abi/table.ts';
import { ringDoorbell, viewControl } from '../../../runtime/channel/layout.ts';
import { Server } from '../../../runtime/channel/server.ts';
import type { ServiceContext } from '../../../runtime/channel/service.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

const control = viewControl(workerData.control);
const attached = new Int32Array(workerData.attached);
const contexts: ServiceContext[] = [];
let received = 0;

const server = new Server<ServiceContext>(
  control,
  TABLE,
  {
    handlers: TABLE.map(() => () => 0),
    takeRunnable: () => undefined,
    poll: () => Number.POSITIVE_INFINITY,
    completed: () => {},
  },
  {
    ended: () => {},
    bug: (error) => {
      throw error;
    },
  },
);

function attach(count: number): void {
  while (contexts.length > count) server.detach(contexts.pop() as ServiceContext);
  while (contexts.length < count) {
    const context = { memory: new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 }) };
    contexts.push(context);
    server.attach(contexts.length - 1, context);
  }
}

parentPort?.on('message', (idle: number) => {
  received++;
  attach(1 + idle);
  Atomics.store(attached, 0, 1 + idle);
  ringDoorbell(control);
});
await server.serve(
  () => new Promise((resolve) => setImmediate(resolve)),
  () => received,
);
