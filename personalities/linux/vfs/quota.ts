// How much storage a file system may take, in bytes: file contents, and a share for each inode and name, so that neither
// large files nor many empty ones exhaust the host.

export class Quota {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get left(): number {
    return this.limit - this.used;
  }

  /** @returns false, and takes nothing, when that much is not left */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}
