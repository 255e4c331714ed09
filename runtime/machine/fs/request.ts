// How `machine.fs` asks Linux: what each of its files is given by whoever has the machine.

/**
 * Sends a file operation to Linux; rejects with an error that has Node's `code`, `errno`, `syscall` and `path`.
 *
 * @param args that survive a structured clone
 * @param transfer of them, what the caller uses no more
 */
export type FileRequest = (
  operation: string,
  args: readonly unknown[],
  transfer?: readonly ArrayBuffer[],
) => Promise<unknown>;
