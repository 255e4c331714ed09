// MPI for programs that were built for MPIWasm: the same entries, with arguments and results as its ABI has them.

import type { Row } from '../../../runtime/abi/row.ts';
import type { MessagingContext } from '../mpi/context.ts';
import { MPI_Wait } from '../mpi/entry/completion.ts';
import type { Entry } from '../mpi/entry/wrap.ts';
import { OWN_TRANSLATIONS, RESULTS, TRANSLATIONS } from './handles.ts';
import { reduce, supports } from './reductions.ts';

/** Bytes of a status there; its first words are as ours are. */
const STATUS_BYTES = 24;

/** The entry of a foreign row. @param entry the one of ours */
export function foreignEntry({ name, params }: Row, entry: Entry): Entry {
  if (name === 'MPI_Init' || name === 'MPI_Init_thread') return translated({ name, params }, withServices(entry));
  if (name === 'MPI_Waitall') return waitForAll;
  return translated({ name, params }, entry);
}

function translated({ name, params }: Pick<Row, 'name' | 'params'>, entry: Entry): Entry {
  const own = OWN_TRANSLATIONS[name];
  const incoming = params.flatMap((param, index) => {
    const translate = own?.[param.name] ?? (param.type === undefined ? undefined : TRANSLATIONS[param.type]);
    return translate === undefined ? [] : [{ index, translate }];
  });
  const results = params.flatMap((param, index) => {
    const translate = param.kind === 'ptr' && param.direction === 'out' ? RESULTS[param.name] : undefined;
    return translate === undefined ? [] : [{ index, translate }];
  });
  return (context, ...args: number[]) => {
    // A communicator that a function frees is named by where it stands.
    for (const { index, translate } of incoming) args[index] = translate(args[index] as number);
    const error = entry(context, ...args);
    for (const { index, translate } of results) {
      const { memory } = context;
      const at = args[index] as number;
      memory.writeU32(at, translate(memory.readU32(at) | 0));
    }
    return error;
  };
}

/** What the program exports, and we, in place of a guest side of the library. */
function withServices(entry: Entry): Entry {
  return (context, ...args: number[]) => {
    const { memory, parts, services } = context;
    services.serve(parts.exports(), {
      supports,
      reduce: (operation, type, from, to, count) => reduce(memory.bytes, operation, type, from >>> 0, to >>> 0, count),
    });
    return entry(context, ...args);
  };
}

/** Statuses are shorter there, so that each is told by itself. */
function waitForAll(context: MessagingContext, count: number, requests: number, statuses: number): number {
  for (let i = 0; i < count; i++) {
    MPI_Wait(context, requests + 4 * i, statuses === 0 ? 0 : statuses + i * STATUS_BYTES);
  }
  return 0;
}
