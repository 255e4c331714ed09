// A thread that serves the small ABI to the guest on slot 0, as the system core serves Linux's calls. A call that waits may go on
// at once. It ends when its parent says so.

import { parentPort, workerData } from 'node:worker_threads';
import { ERESTART } from '../../../runtime/abi/errno.ts';
import { ringDoorbell, viewControl } from '../../../runtime/channel/layout.ts';
import { Server } from '../../../runtime/channel/server.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { FAR_HANDLERS, SMALL_CALLS, type SmallContext } from './small-abi.ts';

const control = viewControl(workerData as SharedArrayBuffer);
const memory = new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 });
const context = { name: 'far', runs: 0, noted: [] as number[], memory } satisfies SmallContext & {
  memory: GuestMemory;
};
const waiting: (typeof context)[] = [];

const handlers = FAR_HANDLERS.map(
  (handler) =>
    handler &&
    ((guest: SmallContext, ...args: never[]): number => {
      const result = handler(guest, ...args);
      if (result === -ERESTART) waiting.push(context);
      return result;
    }),
);

const server = new Server(
  control,
  SMALL_CALLS.rows,
  {
    handlers,
    takeRunnable: () => waiting.shift(),
    poll: () => (waiting.length > 0 ? 0 : Number.POSITIVE_INFINITY),
    completed: (guest) => {
      guest.runs = 0;
    },
  },
  {
    ended: () => {},
    bug: (error) => {
      throw error;
    },
  },
);
server.attach(0, context);
let received = 0;
parentPort?.on('message', () => {
  received++;
  server.stop();
  ringDoorbell(control);
});
const served = server.serve(
  () => new Promise((resolve) => setImmediate(resolve)),
  () => received,
);
served.then(() => parentPort?.close());
parentPort?.postMessage('serves');
