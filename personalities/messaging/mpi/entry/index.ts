// The entries of MPI by the names of their rows. Of a function that comes in two widths of counts both have the same entry, but where it
// reads arrays of counts.

import * as datatypes from '../datatypes/entries.ts';
import * as groups from '../group-entries.ts';
import * as attributes from './attributes.ts';
import * as buffered from './buffered.ts';
import { COLLECTIVES } from './collectives.ts';
import * as communicators from './communicators.ts';
import * as completion from './completion.ts';
import * as environment from './environment.ts';
import * as errorClasses from './error-classes.ts';
import * as errorHandlers from './error-handlers.ts';
import * as generalized from './generalized.ts';
import * as infos from './infos.ts';
import * as intercommunicators from './intercommunicators.ts';
import { NEIGHBOURHOODS } from './neighbourhoods.ts';
import * as operations from './operations.ts';
import * as persistent from './persistent.ts';
import * as pointToPoint from './point-to-point.ts';
import * as probe from './probe.ts';
import * as topologies from './topologies.ts';
import * as torus from './torus.ts';
import type { Entry } from './wrap.ts';

const PARTS: readonly object[] = [
  datatypes,
  groups,
  attributes,
  infos,
  operations,
  communicators,
  topologies,
  torus,
  intercommunicators,
  pointToPoint,
  buffered,
  completion,
  environment,
  errorClasses,
  errorHandlers,
  generalized,
  persistent,
  probe,
];

export const ENTRIES: { readonly [name: string]: Entry | undefined } = {
  ...entriesOf(PARTS),
  ...COLLECTIVES,
  ...NEIGHBOURHOODS,
};

function entriesOf(parts: readonly object[]): { [name: string]: Entry } {
  const all = parts.flatMap((part) => Object.entries(part));
  const entries = all.filter(([name]) => /^(MPIX?|fusedos)_/.test(name)) as [string, Entry][];
  const large = entries.map(([name, entry]) => [`${name}_c`, entry]);
  return Object.fromEntries([...large, ...entries]);
}
