// The option `workers`: where the workers of a machine lie when they are not beside the bundle.

import { host } from '../host/index.ts';
import { invalidType, invalidValue } from './values/arguments.ts';

/** Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function checkWorkers(value: unknown): URL | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof URL) && typeof value !== 'string') {
    throw invalidType('options.workers', 'of type string or an instance of URL', value);
  }
  const folder = host.workersAt(value);
  if (folder !== undefined) return folder;
  const wanted =
    host.name === 'node' ? 'must be a path or a file: URL' : 'must be a URL, or relative to one of the page';
  throw invalidValue('options.workers', String(value), wanted);
}
