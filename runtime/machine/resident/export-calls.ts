// The calls of a loaded program's functions, from its embedder's side: what is under way, what waits, and what becomes of it
// when the program ends. Part of machine/process/process. A call with a limit is sent only when those before it are answered: so its time
// begins when it does, and one that is given up while it waits costs nobody the program.

import { FusedError } from '../errors.ts';
import type { FromCore, ToCore } from '../messages.ts';
import type { Exit } from '../process/exit.ts';
import { type Deferred, deferred } from '../values/deferred.ts';
import { startTimer } from '../values/timer.ts';
import type { WasmValue } from '../values/wasm-values.ts';
import type { Batch } from './batch.ts';
import { decodeResults } from './batch.ts';
import { ProgramEndedError } from './ended-error.ts';

/** What ends a call that takes too long. */
export interface CallOptions {
  /**
   * Milliseconds that the call may take, from when it begins. Then it rejects with ETIMEDOUT, and the program is ended: nothing
   * else stops its thread. `restart` begins anew.
   */
  readonly timeoutMs?: number | undefined;
  /** Rejects the call with the signal's reason; ends the program when the call has begun. */
  readonly signal?: AbortSignal | undefined;
}

/** One function, or a batch of them. */
export type Work = { readonly name: string; readonly args: readonly WasmValue[] } | { readonly batch: Batch };

interface Call {
  readonly id: number;
  readonly work: Work;
  readonly limits: CallOptions;
  readonly answer: Deferred<unknown>;
  stopTimer?: () => void;
  abort?: () => void;
  /** Of a batch that the program's end broke off. */
  broken?: { readonly index: number; readonly results: unknown[] };
}

export class ExportCalls {
  readonly #post: (message: ToCore) => void;
  readonly #end: () => void;
  readonly #loaded = deferred<void>();
  /** Oldest first. */
  readonly #sent = new Map<number, Call>();
  readonly #waiting: Call[] = [];
  #lastCall = 0;

  /** @param end ends the program's process at once */
  constructor(post: (message: ToCore) => void, end: () => void) {
    this.#post = post;
    this.#end = end;
  }

  /** Resolves when the functions can be called; rejects when the program could not be loaded. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Calls in turn. Errors: ProgramEndedError; ETIMEDOUT; the signal's reason. */
  call(work: Work, limits: CallOptions): Promise<unknown> {
    const { signal } = limits;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const call: Call = { id: ++this.#lastCall, work, limits, answer: deferred<unknown>() };
    call.abort = () => this.#giveUp(call, signal?.reason);
    signal?.addEventListener('abort', call.abort, { once: true });
    this.#waiting.push(call);
    this.#sendNext();
    return call.answer.promise;
  }

  /** The core has said something of it. */
  take(message: Extract<FromCore, { type: 'loaded' | 'result' | 'batch-result' }>): void {
    if (message.type === 'loaded') return this.#loaded.resolve();
    const call = this.#sent.get(message.id);
    if (call === undefined) return;
    if (message.type === 'result') this.#settle(call).resolve(message.value);
    else this.#takeBatch(call, message);
    this.#sendNext();
  }

  /** The program is none: it could not be loaded. */
  fail(error: FusedError): void {
    this.#loaded.reject(error);
    for (const call of [...this.#sent.values(), ...this.#waiting.splice(0)]) this.#settle(call).reject(error);
  }

  /** The program is no more: who waits for its functions waits in vain. */
  ended(reason: string, exit: Exit | undefined): void {
    const message = `the program ended: ${reason}`;
    this.#loaded.reject(new ProgramEndedError(message, exit));
    for (const call of [...this.#sent.values(), ...this.#waiting.splice(0)]) {
      this.#settle(call).reject(new ProgramEndedError(message, exit, call.broken));
    }
  }

  #sendNext(): void {
    for (let call = this.#waiting[0]; call !== undefined; call = this.#waiting[0]) {
      const isLimited = call.limits.signal !== undefined || call.limits.timeoutMs !== undefined;
      if (isLimited && this.#sent.size > 0) return;
      this.#waiting.shift();
      this.#send(call);
    }
  }

  #send(call: Call): void {
    const { id, work } = call;
    const { timeoutMs } = call.limits;
    this.#sent.set(id, call);
    if (timeoutMs !== undefined) {
      call.stopTimer = startTimer(timeoutMs, () => {
        this.#giveUp(
          call,
          new FusedError('ETIMEDOUT', `the call took longer than ${timeoutMs} ms; the program was ended`),
        );
      });
    }
    this.#post('batch' in work ? { type: 'batch', id, batch: work.batch } : { type: 'call', id, ...work });
  }

  /** Rejects a call; one that has begun ends only with the program. */
  #giveUp(call: Call, reason: Error): void {
    const hasBegun = this.#sent.has(call.id);
    if (!hasBegun) this.#waiting.splice(this.#waiting.indexOf(call), 1);
    this.#settle(call).reject(reason);
    if (hasBegun) this.#end();
    else this.#sendNext();
  }

  #takeBatch(call: Call, { results, done }: Extract<FromCore, { type: 'batch-result' }>): void {
    if (!('batch' in call.work)) return;
    const { batch } = call.work;
    const values = decodeResults(batch, results, done);
    if (done === batch.calls.length) this.#settle(call).resolve(values);
    else call.broken = { index: done, results: values }; // what ended the program follows
  }

  #settle(call: Call): Deferred<unknown> {
    this.#sent.delete(call.id);
    call.stopTimer?.();
    if (call.abort !== undefined) call.limits.signal?.removeEventListener('abort', call.abort);
    return call.answer;
  }
}
