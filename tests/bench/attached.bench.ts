// What processes cost that are there and do nothing: a call of one more, of two mailboxes' ends alone. No machine has a thread for
// each of them here; to the server of mailboxes there is no difference.

import { Worker } from 'node:worker_threads';
import { TABLE } from '../../runtime/abi/table.ts';
import { Client } from '../../runtime/channel/client.ts';
import { createControl, MACHINE, type PollPolicy, ringDoorbell } from '../../runtime/channel/layout.ts';
import { type Bench, type Environment, type Figure, pairwise, ratioFigure } from './figure.ts';

const IDLE = 200;
const MOST = 1.1;
const POLICIES: readonly PollPolicy[] = ['adaptive', 'park'];
/** Long enough for the server to know who is idle. */
const WARM_MS = 5;

export const attachedBench: Bench = {
  name: 'attached',
  async run(environment): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const policy of POLICIES) figures.push(await compare(environment, policy));
    return figures;
  },
};

async function compare({ quick, progress }: Environment, policy: PollPolicy): Promise<Figure> {
  const rounds = quick ? 10 : 40;
  const calls = policy === 'park' ? 2_000 : 40_000;
  const control = createControl(1 + IDLE, policy);
  const attached = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { control: control.buffer, attached: attached.buffer };
  const worker = new Worker(new URL('plain-attached.mjs', import.meta.url), { workerData });
  const row = TABLE.find(({ name }) => name === 'sched_yield');
  if (row === undefined) throw new Error('the table has no empty call');
  const client = new Client(control, 0, 0, () => {
    throw new Error('nobody kills this guest');
  });
  const timed = new Map<number, number[]>([
    [0, []],
    [IDLE, []],
  ]);
  try {
    for (let round = 0; round <= rounds; round++) {
      progress(`${policy}, round ${round} of ${rounds}`);
      for (const [idle, times] of timed) {
        worker.postMessage(idle);
        Atomics.add(control.i32, MACHINE.POSTED, 1);
        ringDoorbell(control);
        while (Atomics.load(attached, 0) !== 1 + idle) await new Promise((resolve) => setImmediate(resolve));
        const warm = performance.now() + WARM_MS;
        while (performance.now() < warm) client.ship(row.number);
        const start = performance.now();
        for (let i = 0; i < calls; i++) client.ship(row.number);
        if (round > 0) times.push(((performance.now() - start) * 1e6) / calls);
      }
    }
  } finally {
    await worker.terminate();
  }
  const ratios = pairwise(timed.get(IDLE) ?? [], timed.get(0) ?? []);
  const what = `${IDLE} idle processes attached: a call of one more / alone, ${policy === 'park' ? 'parked' : 'polling'}`;
  return ratioFigure({ what, most: MOST }, ratios);
}
