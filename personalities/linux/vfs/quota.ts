// How much storage a file system may take, in bytes: file contents, and a share for each inode and name, so that neither large
// files nor many empty ones exhaust the host. A quota may stand within another one, to which everything is charged too: a tmpfs
// has its own limit, and takes from the machine's storage. A process may have an allowance of its own beside it.

/** What one process may add to the files in memory; what it removes of others' gives it no more. */
export class Allowance {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get left(): number {
    return this.limit - this.#used;
  }

  /** @returns false, and takes nothing, when that much is not left */
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used = Math.max(0, this.#used - bytes);
  }
}

export class Quota {
  readonly limit: number;
  used = 0;
  /** Charged too, of a quota that is within no other: that of the process whose call is served just now. */
  payer: Allowance | undefined;
  #within: Quota | undefined;

  /** @param within is charged too */
  constructor(limit: number, within?: Quota) {
    this.limit = limit;
    this.#within = within;
  }

  get left(): number {
    const left = this.limit - this.used;
    return Math.min(left, this.#within?.left ?? this.payer?.left ?? left);
  }

  /** @returns false, and takes nothing, when that much is not left */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    if ((this.#within ?? this.payer)?.take(bytes) === false) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
    (this.#within ?? this.payer)?.give(bytes);
  }

  /** The file system is gone with all that it holds: gives it back, once. */
  end(): void {
    this.#within?.give(this.used);
    this.#within = undefined;
  }
}
