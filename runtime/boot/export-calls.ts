// The calls of a loaded program's functions, from its embedder's side: what is under way, and what becomes of it when the
// program ends. Part of boot/process.

import { type Deferred, deferred } from './deferred.ts';
import { FusedError } from './errors.ts';
import type { FromCore, ToCore } from './messages.ts';

export class ExportCalls {
  readonly #post: (message: ToCore) => void;
  readonly #loaded = deferred<readonly string[]>();
  readonly #calls = new Map<number, Deferred<unknown>>();
  #lastCall = 0;

  constructor(post: (message: ToCore) => void) {
    this.#post = post;
  }

  /** The names of the functions; rejects when the program could not be loaded. */
  get loaded(): Promise<readonly string[]> {
    return this.#loaded.promise;
  }

  call(name: string, args: readonly (number | bigint)[]): Promise<unknown> {
    const id = ++this.#lastCall;
    const answer = deferred<unknown>();
    this.#calls.set(id, answer);
    this.#post({ type: 'call', id, name, args });
    return answer.promise;
  }

  /** The core has said something of it. */
  take(message: Extract<FromCore, { type: 'loaded' | 'result' }>): void {
    if (message.type === 'loaded') return this.#loaded.resolve(message.exports);
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.error !== undefined) call?.reject(new FusedError('EINVAL', message.error));
    else call?.resolve(message.value);
  }

  /** The program is none, or no more: who waits for its functions waits in vain. */
  fail(error: FusedError): void {
    this.#loaded.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}
