// Which message goes to which receive: by context, source and tag, first come, first served. A receive may take a message from any source or
// with any tag; messages of one sender in one context are matched in the order in which they were sent.
// For each context there is a queue for each source of what has come and of receives that name it, and one of those that name none.
// See: MPI standard, "Semantics of Point-to-Point Communication".

import type { Receive, Unexpected } from './requests.ts';

/** Any source, any tag: no rank and no tag is below zero. */
export const ANY = -1;

/** What can stand in a queue. */
interface Linked<T> {
  next: T | undefined;
}

/** First in, first out; what is taken from the middle is found from the front. */
export class Queue<T extends Linked<T>> {
  first: T | undefined;
  #last: T | undefined;

  add(item: T): void {
    item.next = undefined;
    if (this.#last === undefined) this.first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  /** @param before what stands before it; undefined: it is the first */
  remove(item: T, before: T | undefined): void {
    if (before === undefined) this.first = item.next;
    else before.next = item.next;
    if (this.#last === item) this.#last = before;
    item.next = undefined;
  }

  /** Takes one out that may be there. @returns whether it was */
  delete(item: T): boolean {
    let before: T | undefined;
    for (let each = this.first; each !== undefined; before = each, each = each.next) {
      if (each !== item) continue;
      this.remove(item, before);
      return true;
    }
    return false;
  }
}

class Context {
  /** By source. */
  readonly posted: (Queue<Receive> | undefined)[] = [];
  readonly postedForAny = new Queue<Receive>();
  /** By source. */
  readonly come: (Queue<Unexpected> | undefined)[] = [];

  /** A receive waits there. */
  get isAwaited(): boolean {
    return this.postedForAny.first !== undefined || this.posted.some((queue) => queue?.first !== undefined);
  }

  get isEmpty(): boolean {
    return !this.isAwaited && this.come.every((queue) => queue?.first === undefined);
  }
}

function accepts(receive: Receive, tag: number): boolean {
  return receive.tag === tag || receive.tag === ANY;
}

export class Matching {
  readonly #contexts = new Map<number, Context>();
  /** Of communicators that were freed, and may have messages on their way. */
  readonly #freed = new Set<number>();
  #order = 0;
  #last: Context | undefined;
  #lastNumber = -1;

  /** The next place in the order of all that comes or is posted. */
  nextOrder(): number {
    return this.#order++;
  }

  /** Lets a receive wait for a message. */
  post(receive: Receive): void {
    const context = this.#contextOf(receive.context);
    receive.order = this.#order++;
    if (receive.source === ANY) return context.postedForAny.add(receive);
    queueAt(context.posted, receive.source).add(receive);
  }

  /** Takes the receive that a message goes to. @returns undefined: nobody waits for it */
  takeReceive(number: number, source: number, tag: number): Receive | undefined {
    const context = this.#contextOf(number);
    const queue = context.posted[source];
    let before: Receive | undefined;
    let found = queue?.first;
    for (; found !== undefined && !accepts(found, tag); found = found.next) before = found;
    const anys = context.postedForAny;
    if (anys.first !== undefined) {
      let beforeAny: Receive | undefined;
      let any: Receive | undefined = anys.first;
      for (; any !== undefined && !accepts(any, tag); any = any.next) beforeAny = any;
      if (any !== undefined && (found === undefined || any.order < found.order)) {
        anys.remove(any, beforeAny);
        return any;
      }
    }
    if (found !== undefined) queue?.remove(found, before);
    return found;
  }

  /** Keeps a message until its receive comes. */
  keep(number: number, message: Unexpected): void {
    queueAt(this.#contextOf(number).come, message.source).add(message);
  }

  /**
   * Finds the oldest message that a receive would take.
   *
   * @param source ANY: of any
   * @param takes it out as well
   */
  find(number: number, source: number, tag: number, takes: boolean): Unexpected | undefined {
    const { come } = this.#contextOf(number);
    let oldest: Unexpected | undefined;
    let beforeOldest: Unexpected | undefined;
    const end = source === ANY ? come.length : source + 1;
    for (let i = source === ANY ? 0 : source; i < end; i++) {
      let before: Unexpected | undefined;
      for (let each = come[i]?.first; each !== undefined; before = each, each = each.next) {
        if (tag !== ANY && each.tag !== tag) continue;
        if (oldest === undefined || each.order < oldest.order) {
          oldest = each;
          beforeOldest = before;
        }
        break;
      }
    }
    if (oldest !== undefined && takes) come[oldest.source]?.remove(oldest, beforeOldest);
    return oldest;
  }

  /** A receive waits no more. @returns false: it has its message, or was never posted */
  withdraw(receive: Receive): boolean {
    const context = this.#contextOf(receive.context);
    const queue = receive.source === ANY ? context.postedForAny : context.posted[receive.source];
    return queue?.delete(receive) ?? false;
  }

  /** Whether a receive waits in a context. */
  isAwaited(number: number): boolean {
    return this.#contexts.get(number)?.isAwaited === true;
  }

  /** Nothing new begins in a context: it goes when it is empty, now or when another one is freed. */
  free(number: number): void {
    this.#freed.add(number);
    for (const each of this.#freed) {
      if (this.#contexts.get(each)?.isEmpty === false) continue;
      this.#contexts.delete(each);
      this.#freed.delete(each);
    }
    this.#last = undefined;
  }

  /** Contexts that take room. */
  get size(): number {
    return this.#contexts.size + this.#freed.size;
  }

  #contextOf(number: number): Context {
    if (number === this.#lastNumber && this.#last !== undefined) return this.#last;
    let context = this.#contexts.get(number);
    if (context === undefined) {
      context = new Context();
      this.#contexts.set(number, context);
    }
    this.#last = context;
    this.#lastNumber = number;
    return context;
  }
}

function queueAt<T extends Linked<T>>(queues: (Queue<T> | undefined)[], source: number): Queue<T> {
  let queue = queues[source];
  if (queue === undefined) {
    while (queues.length < source) queues.push(undefined);
    queue = new Queue<T>();
    queues[source] = queue;
  }
  return queue;
}
