// A program that the tests run as a user without rights: what it gets from a directory that belongs to somebody else, as JSON.

import { emptyAttributes } from '../../../runtime/files/attributes.ts';
import { HostDirectory } from '../../../runtime/files/disk/directory.ts';
import { HOST_READ } from '../../../runtime/files/protocol.ts';

const path = process.argv[2] ?? '';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const at = emptyAttributes();
const mountHidden = HostDirectory.open(`${path}/hidden/below`, { readOnly: false });
const directory = HostDirectory.open(`${path}/top`, { readOnly: false });
if (typeof directory === 'number') throw new Error(`open: ${directory}`);
const file = { file: -1, directory: 0, name: bytes('file'), ino: 0n };
const closed = directory.lookup(0, bytes('closed'), at);
const answers = {
  mountHidden,
  create: directory.create(0, bytes('new'), 0o644, 0, at),
  mkdir: directory.mkdir(0, bytes('new'), 0o755, at),
  open: directory.open(0, bytes('file'), 0n, HOST_READ, at),
  setMode: directory.attributes.setMode(file, 0o777),
  setTimes: directory.attributes.setTimes(file, Date.now() / 1000, Date.now() / 1000),
  truncate: directory.attributes.truncate(file, 0),
  unlink: directory.unlink(0, bytes('file')),
  lookup: directory.lookup(0, bytes('file'), at),
  closed: closed > 0 ? 'node' : closed,
  inClosed: directory.lookup(closed, bytes('any'), at),
  listClosed: directory.openListing(closed),
};
process.stdout.write(JSON.stringify(answers));
