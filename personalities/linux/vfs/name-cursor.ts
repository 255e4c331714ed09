// Reading the names of a directory in portions. Each name has a cookie that rises with every insertion, and a JavaScript Map
// keeps the order of insertion, so the order of listing is the order of cookies; a name that stays is listed once, whatever
// comes and goes meanwhile. One cursor an open directory: going on where the last portion ended costs nothing.

/** Cookie of the first name; before it are `.` (0) and `..` (1). */
export const FIRST_COOKIE = 2;

export class NameCursor<Entry extends { readonly cookie: number }> {
  /** Where the last listing stopped: the names from `#cookie` on. */
  #names: MapIterator<[string, Entry]> | undefined;
  #cookie = 0;
  /** Taken from the iterator, but found no room. */
  #pending: [string, Entry] | undefined;

  /**
   * Lists names from a cookie on.
   *
   * @param entries the same map each time
   * @param take answers whether there was room for this one
   */
  list(entries: ReadonlyMap<string, Entry>, cookie: number, take: (name: string, entry: Entry) => boolean): void {
    const from = Math.max(cookie, FIRST_COOKIE);
    if (this.#names === undefined || this.#cookie !== from) {
      this.#names = entries.entries();
      this.#pending = undefined;
    }
    this.#cookie = from;
    for (;;) {
      const item = this.#pending ?? this.#names.next().value;
      if (item === undefined) {
        // A finished iterator sees no later names: begin anew next time.
        this.#names = undefined;
        return;
      }
      const [name, entry] = item;
      // An iterator leaves out what is removed, but not what it gave already.
      const isGone = this.#pending !== undefined && entries.get(name) !== entry;
      this.#pending = undefined;
      if (isGone || entry.cookie < from) continue;
      if (!take(name, entry)) {
        this.#pending = item;
        return;
      }
      this.#cookie = entry.cookie + 1;
    }
  }
}
