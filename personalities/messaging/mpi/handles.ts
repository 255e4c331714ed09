// Handles of what a program makes: numbers, as a C pointer is one here, from FIRST_HANDLE on, so that none is a predefined one. A number
// that was freed is given out again late, so that whoever uses it after that most often meets nothing.

/** The ABI's own handles are below. */
export const FIRST_HANDLE = 0x1000;
const LAST_HANDLE = 0x7fff_fff0;
/** Even, so that no handle looks like an odd address. */
const STEP_BITS = 4;
const FEWEST_PLACES = 64;

/**
 * Objects by handle. Each stands at its number modulo the places, of which at most half are taken: a number whose place is taken is not
 * given out.
 */
export class HandleTable<T> {
  /** By the ABI's own handles. */
  readonly #predefined: (T | undefined)[] = [];
  #objects = new Array<T | undefined>(FEWEST_PLACES).fill(undefined);
  /** Of those; 0: none. */
  #handles = new Int32Array(FEWEST_PLACES);
  #count = 0;
  #next = FIRST_HANDLE;

  /** @returns the handle, which no other object of the kind has */
  add(object: T): number {
    if (2 * this.#count >= this.#handles.length) this.#grow();
    while (this.#handles[this.#placeOf(this.#next)] !== 0) this.#advance();
    const handle = this.#next;
    this.#place(handle, object);
    this.#count++;
    this.#advance();
    return handle;
  }

  get(handle: number): T | undefined {
    const place = this.#placeOf(handle);
    if (this.#handles[place] === handle) return this.#objects[place];
    return this.#predefined[handle >>> 0];
  }

  /** A predefined object, by the ABI's own handle. */
  set(handle: number, object: T): void {
    this.#predefined[handle] = object;
  }

  /** @returns whether it was there */
  delete(handle: number): boolean {
    const place = this.#placeOf(handle);
    if (handle === 0 || this.#handles[place] !== handle) return false;
    this.#handles[place] = 0;
    this.#objects[place] = undefined;
    this.#count--;
    return true;
  }

  /** Of those that were added. */
  get size(): number {
    return this.#count;
  }

  #placeOf(handle: number): number {
    return (handle >>> STEP_BITS) & (this.#handles.length - 1);
  }

  #place(handle: number, object: T | undefined): void {
    const place = this.#placeOf(handle);
    this.#handles[place] = handle;
    this.#objects[place] = object;
  }

  /** Numbers that differ modulo the places that were differ modulo twice as many. */
  #grow(): void {
    const handles = this.#handles;
    const objects = this.#objects;
    this.#handles = new Int32Array(2 * handles.length);
    this.#objects = new Array<T | undefined>(2 * handles.length).fill(undefined);
    for (let i = 0; i < handles.length; i++) {
      const handle = handles[i] as number;
      if (handle !== 0) this.#place(handle, objects[i]);
    }
  }

  #advance(): void {
    this.#next = this.#next >= LAST_HANDLE ? FIRST_HANDLE : this.#next + (1 << STEP_BITS);
  }
}
