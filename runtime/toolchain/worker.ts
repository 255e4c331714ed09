/**
 * Entry of the compile worker: runs the calls of a `WorkerEngine` one after the other. It must be built to `compile-worker.js`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LocalEngine } from './engine.ts';
import { ToolchainError } from './llvm.ts';
import type { EngineCall, EngineReply, EngineWorkerData } from './worker-engine.ts';

const engine = new LocalEngine(workerData as EngineWorkerData);

parentPort?.on('message', async (call: EngineCall) => {
  try {
    post(await perform(call));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    post({ kind: 'failed', isToolchainError: error instanceof ToolchainError, message });
  }
});

async function perform(call: EngineCall): Promise<EngineReply> {
  if (call.kind === 'build') return { kind: 'built', build: await engine.build(call.request) };
  const status = await engine.run(call.command, {
    stdout: (bytes) => post({ kind: 'stdout', bytes }),
    stderr: (bytes) => post({ kind: 'stderr', bytes }),
  });
  return { kind: 'exited', status };
}

function post(reply: EngineReply): void {
  parentPort?.postMessage(reply);
}
