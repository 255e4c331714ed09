// The least that a program with two workers is: starts them, hears from both, ends. The measure for `fusedos run hello`.

import { isMainThread, parentPort, Worker } from 'node:worker_threads';

if (isMainThread) {
  const entry = new URL(import.meta.url);
  const ready = [new Worker(entry), new Worker(entry)].map(
    (worker) => new Promise((heard) => worker.once('message', heard)),
  );
  await Promise.all(ready);
  process.exit();
}
parentPort?.postMessage('ready');
