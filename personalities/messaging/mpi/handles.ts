// Handles of what a program makes: numbers, as a C pointer is one here, from FIRST_HANDLE on, so that none is a predefined one. A number
// that was freed is given out again late, so that whoever uses it after that most often meets nothing.

/** The ABI's own handles are below. */
export const FIRST_HANDLE = 0x1000;

export class HandleTable<T> {
  readonly #byHandle = new Map<number, T>();
  #next = FIRST_HANDLE;

  /** @returns the handle, which no other object of the kind has */
  add(object: T): number {
    while (this.#byHandle.has(this.#next)) this.#advance();
    const handle = this.#next;
    this.#byHandle.set(handle, object);
    this.#advance();
    return handle;
  }

  get(handle: number): T | undefined {
    return this.#byHandle.get(handle >>> 0);
  }

  /** A predefined object, by the ABI's own handle. */
  set(handle: number, object: T): void {
    this.#byHandle.set(handle >>> 0, object);
  }

  /** @returns whether it was there */
  delete(handle: number): boolean {
    return this.#byHandle.delete(handle >>> 0);
  }

  get size(): number {
    return this.#byHandle.size;
  }

  /** Even, so that no handle looks like an odd address. */
  #advance(): void {
    this.#next = this.#next >= 0x7fff_fff0 ? FIRST_HANDLE : this.#next + 16;
  }
}
