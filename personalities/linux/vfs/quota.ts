// How much storage a file system may take, in bytes: file contents, and a share for each inode and name, so that neither
// large files nor many empty ones exhaust the host. A quota may stand within another one, to which everything is charged
// too: a tmpfs has its own limit, and takes from the machine's storage.

export class Quota {
  readonly limit: number;
  used = 0;
  #within: Quota | undefined;

  /** @param within is charged too */
  constructor(limit: number, within?: Quota) {
    this.limit = limit;
    this.#within = within;
  }

  get left(): number {
    const left = this.limit - this.used;
    return this.#within === undefined ? left : Math.min(left, this.#within.left);
  }

  /** @returns false, and takes nothing, when that much is not left */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    if (this.#within?.take(bytes) === false) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
    this.#within?.give(bytes);
  }

  /** The file system is gone with all that it holds: gives it back, once. */
  end(): void {
    this.#within?.give(this.used);
    this.#within = undefined;
  }
}
