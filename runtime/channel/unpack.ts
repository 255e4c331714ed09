// Calls a handler with the raw arguments that stand in a mailbox: the server's half of Client.handlerFor. One closure a row,
// made once, so that serving a call allocates nothing.

import { type AnyHandler, carriedTypeOf, type Row } from '../abi/row.ts';
import { type Control, SLOT } from './layout.ts';

/** Runs the handler on the arguments in the mailbox that starts at `base` (index in int32). */
export type Invoke<Context> = (context: Context, control: Control, base: number) => number;

export function unpackFor<Context>(row: Row, handler: AnyHandler<Context>): Invoke<Context> {
  const types = row.params.map(carriedTypeOf);
  const call = handler as (context: Context, ...args: (number | bigint)[]) => number;
  const A = SLOT.ARGS;
  if (types.every((type) => type === 'i32')) {
    switch (types.length) {
      case 0:
        return (context) => call(context);
      case 1:
        return (context, { i32 }, base) => call(context, i32[base + A] as number);
      case 2:
        return (context, { i32 }, base) => call(context, i32[base + A] as number, i32[base + A + 2] as number);
      case 3:
        return (context, { i32 }, base) =>
          call(context, i32[base + A] as number, i32[base + A + 2] as number, i32[base + A + 4] as number);
      case 4:
        return (context, { i32 }, base) =>
          call(
            context,
            i32[base + A] as number,
            i32[base + A + 2] as number,
            i32[base + A + 4] as number,
            i32[base + A + 6] as number,
          );
    }
  }
  const args: (number | bigint)[] = types.map(() => 0);
  return (context, { i32, i64, f64 }, base) => {
    for (let i = 0; i < types.length; i++) {
      const at = base + A + 2 * i;
      const type = types[i];
      args[i] = (type === 'i32' ? i32[at] : type === 'i64' ? i64[at >> 1] : f64[at >> 1]) as number | bigint;
    }
    return call(context, ...args);
  };
}
