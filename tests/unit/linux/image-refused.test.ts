// Images that are refused: nothing of them is kept, the tree and its quota are as before. And what restoring leaves alone.

import { describe, expect, it } from 'vitest';
import type { TreeEntry } from '../../../personalities/linux/index.ts';
import { isLong, rounds } from '../../support/long.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import {
  archive,
  describeTree,
  failure,
  type HandEntry,
  randomTree,
  record,
  restore,
  type Subject,
  save,
  subject,
  TOP,
} from './image-support.ts';

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes);

function file(path: string, content: string): TreeEntry {
  const bytes = new Uint8Array(text(content));
  const owner = { uid: 0, gid: 0, mtimeSec: 1, mtimeNsec: 2 };
  return { path, mode: 0o100644, ...owner, size: bytes.length, segments: [{ position: 0, bytes }] };
}

const TREE = [file('kept', 'content'), { ...file('directory', ''), mode: 0o040755 }, file('directory/inner', 'x')].map(
  (entry) => (entry.mode === 0o040755 ? { ...entry, size: undefined, segments: undefined } : entry) as TreeEntry,
);

/** All that a refusal must leave as it was. */
function stateOf(of: Subject): unknown {
  const { quota, inodes } = of.fileSystem;
  return { tree: describeTree(of), used: quota.used, inodes };
}

const symlink = (name: string, linkName: string): HandEntry => ({ name, type: '2', linkName });
const link = (name: string, linkName: string): HandEntry => ({ name, type: '1', linkName });
const pax = (...records: string[]): HandEntry => ({ name: 'x', type: 'x', body: records.join('') });
const sparse = (map: string, size: string, stored: string): HandEntry[] => [
  pax(record('GNU.sparse.major', '1'), record('GNU.sparse.minor', '0'), record('GNU.sparse.realsize', size)),
  { name: 'sparse', body: map.padEnd(512, '\0') + stored },
];
const oldSparse = (patch: HandEntry['patch']): HandEntry => ({
  name: 'old',
  type: 'S',
  body: 'abc',
  patch: patch ?? [],
});
const long = 'n'.repeat(256);

describe('an image is refused that', () => {
  it.each<readonly [what: string, code: string, message: RegExp, image: Uint8Array]>([
    ['is empty', 'EBADMSG', /the image is empty/, Buffer.alloc(0)],
    ['is no archive', 'EBADMSG', /no tar image/, Buffer.from('nonsense'.repeat(100))],
    [
      'is compressed otherwise',
      'EOPNOTSUPP',
      /compressed with xz; only gzip is read/,
      Buffer.from('\xfd7zXZ\0'.padEnd(600, 'x'), 'latin1'),
    ],
    [
      'is a short one, compressed otherwise',
      'EOPNOTSUPP',
      /compressed with zstd/,
      Buffer.from('\x28\xb5\x2f\xfd', 'latin1'),
    ],
    ['has no end', 'EBADMSG', /cut short/, archive({ name: 'a' }).subarray(0, 512)],
    ['leads upwards', 'EINVAL', /"..\/x" leads upwards/, archive({ name: '../x' })],
    ['leads upwards later', 'EINVAL', /leads upwards/, archive({ name: 'a/b/../../../x' })],
    ['has an absolute path', 'EINVAL', /"\/etc\/x" is an absolute path/, archive({ name: '/etc/x' })],
    ['has an absolute path in an extended header', 'EINVAL', /absolute/, archive(pax(record('path', '/x')), {})],
    ['has a long absolute path of GNU', 'EINVAL', /absolute/, archive({ type: 'L', body: '/x\0' }, {})],
    ['has a global absolute path', 'EINVAL', /absolute/, archive({ type: 'g', body: record('path', '/x') }, {})],
    [
      'goes through a symbolic link',
      'EINVAL',
      /through "a", which is a symbolic link/,
      archive(symlink('a', '/tmp'), { name: 'a/x' }),
    ],
    ['goes through a file', 'EINVAL', /through "a", which is a file/, archive({ name: 'a' }, { name: 'a/x' })],
    [
      'has a link to a file outside',
      'EINVAL',
      /"\/etc\/passwd" is an absolute path/,
      archive(link('a', '/etc/passwd')),
    ],
    ['has a link to a file above', 'EINVAL', /"..\/kept" leads upwards/, archive(link('a', '../kept'))],
    [
      'has a link to a file that is not in it',
      'EINVAL',
      /"kept", which the image does not hold/,
      archive(link('a', 'kept')),
    ],
    ['has a link to a later file', 'EINVAL', /does not hold/, archive(link('a', 'b'), { name: 'b' })],
    ['has a link to itself', 'EINVAL', /link to itself/, archive({ name: 'a' }, link('a', 'a'))],
    ['has a link to a directory', 'EINVAL', /second name/, archive({ name: 'a/', type: '5' }, link('b', 'a'))],
    ['has a link through a symbolic link', 'EINVAL', /second name/, archive(symlink('s', '/tmp'), link('b', 's/x'))],
    ['has a symbolic link to nowhere', 'EINVAL', /leads nowhere/, archive(symlink('s', ''))],
    ['has an entry without a name', 'EINVAL', /no name/, archive({ name: '' })],
    ['has a name with a NUL', 'EINVAL', /NUL/, archive(pax(record('path', 'a\0b')), {})],
    ['has too long a name', 'ENAMETOOLONG', /too long/, archive(pax(record('path', long)), {})],
    ['calls its top a file', 'EINVAL', /"\." is a directory and something else/, archive({ name: './' })],
    ['has a directory that becomes a file', 'EINVAL', /and something else/, archive({ name: 'a/b' }, { name: 'a' })],
    ['has a character device', 'EOPNOTSUPP', /"tty" is a device/, archive({ name: 'tty', type: '3' })],
    ['has a block device', 'EOPNOTSUPP', /device/, archive({ name: 'sda', type: '4' })],
    ['has a FIFO', 'EOPNOTSUPP', /FIFO/, archive({ name: 'p', type: '6' })],
    ['goes on from another volume', 'EOPNOTSUPP', /unknown type "M"/, archive({ name: 'p', type: 'M' })],
    ['has an endless extended header', 'EBADMSG', /too long/, archive({ type: 'x', size: 8 ** 7, body: 'x' })],
    ['has a malformed extended header', 'EBADMSG', /extended header at byte 0/, archive(pax('99 path=x\n'), {})],
    ['has a record without a key', 'EBADMSG', /extended header/, archive(pax('5 =x\n'), {})],
    ['has a size that is none', 'EBADMSG', /size="x"/, archive(pax(record('size', 'x')), {})],
    ['has a time that is none', 'EBADMSG', /time/, archive(pax(record('mtime', 'now')), {})],
    ['has an owner that is none', 'EBADMSG', /owner/, archive(pax(record('uid', `${2 ** 40}`)), {})],
    ['has a number that is none', 'EBADMSG', /header at byte 0|no tar/, archive({ patch: [[108, '9999999']] })],
    ['has a negative size', 'EBADMSG', /no size/, archive({ patch: [[124, '\xff'.repeat(12)]] })],
    ['announces more than there is', 'EBADMSG', /cut short/, archive({ size: 500_000, body: 'x' })],
    ['has a file larger than any', 'EFBIG', /too large/, archive(pax(record('size', `${2 ** 45}`)), {})],
    ['has more than fits', 'ENOSPC', /does not fit/, archive({ body: new Uint8Array(2_000_000) })],
    [
      'has too many files',
      'ENOSPC',
      /does not fit/,
      archive(...Array.from({ length: 2000 }, (_, i) => ({ name: `${i}` }))),
    ],
    [
      'has a sparse map out of order',
      'EBADMSG',
      /does not fit it/,
      archive(...sparse('2\n512\n1\n0\n1\n', '600', 'ab')),
    ],
    ['has a sparse map beyond the file', 'EBADMSG', /does not fit it/, archive(...sparse('1\n512\n3\n', '513', 'abc'))],
    [
      'has a sparse map of more than is stored',
      'EBADMSG',
      /what is stored/,
      archive(...sparse('1\n0\n9\n', '9', 'abc')),
    ],
    [
      'has a sparse map of less than is stored',
      'EBADMSG',
      /what is stored/,
      archive(...sparse('1\n0\n1\n', '9', 'abc')),
    ],
    ['has a sparse map that is none', 'EBADMSG', /damaged/, archive(...sparse('1\n-1\n1\n', '9', 'a'))],
    [
      'has a sparse map without an end',
      'EBADMSG',
      /longer than the file/,
      archive(...sparse(`300\n${'0\n'.repeat(254)}`, '9', '')),
    ],
    ['has an endless sparse map', 'EBADMSG', /damaged/, archive(...sparse(`${2 ** 50}\n`, '9', ''))],
    [
      'has a sparse file without a size',
      'EBADMSG',
      /no size/,
      archive(pax(record('GNU.sparse.map', '0,1')), { body: 'x' }),
    ],
    [
      'has an odd list of parts',
      'EBADMSG',
      /damaged/,
      archive(pax(record('GNU.sparse.map', '0'), record('GNU.sparse.size', '1')), { body: 'x' }),
    ],
    [
      'has a sparse file of a later format',
      'EOPNOTSUPP',
      /format 2/,
      archive(pax(record('GNU.sparse.major', '2')), {}),
    ],
    [
      'has an old sparse map that does not fit',
      'EBADMSG',
      /does not fit/,
      archive(
        oldSparse([
          [386, '00000000010\0'],
          [398, '00000000003\0'],
          [483, '00000000010\0'],
        ]),
      ),
    ],
  ])('%s', (_what, code, message, image) => {
    for (const piece of [1 << 20, 511, 7]) {
      const into = subject(TREE, 1_000_000);
      const before = stateOf(into);
      for (const merge of [false, true]) {
        const error = failure(() => restore(into, image, { piece, merge }));
        expect(error.code).toBe(code);
        expect(error.message).toMatch(message);
        expect(error.message).not.toContain('\n');
      }
      expect(stateOf(into)).toEqual(before);
    }
  });

  it('was cut anywhere', () => {
    const image = save(subject(randomTree(seededRandom(3)).slice(0, 12)));
    const end = image.length - 1024;
    const into = subject(TREE);
    const before = stateOf(into);
    for (let length = 0; length <= end; length += length < 4096 ? 1 : 512) {
      expect(failure(() => restore(into, image.subarray(0, length))).code).toBe('EBADMSG');
    }
    expect(stateOf(into)).toEqual(before);
    restore(into, image.subarray(0, end + 512));
  });

  it('has a bit of a header turned', () => {
    const seed = seedOfRun();
    const random = seededRandom(seed);
    const into = subject(TREE);
    const before = stateOf(into);
    for (let bit = 0; bit < 512 * 8; bit += isLong ? 1 : 7) {
      const image = archive({ name: 'directory/x', body: 'x' }, { name: 'y' });
      image[bit >> 3] = (image[bit >> 3] as number) ^ (1 << (bit & 7));
      // The checksum's own field may say the same number in other words: a space is as good as a NUL.
      try {
        expect(failure(() => restore(into, image)).code).toBe('EBADMSG');
      } catch (error) {
        if (bit >> 3 < 148 || bit >> 3 > 155) throw new Error(`bit ${bit}`, { cause: error });
        restore(into, save(subject(TREE)));
      }
    }
    expect(stateOf(into)).toEqual(before);
    // Anything at all: it is refused in words, or restored, but nothing else happens.
    for (let round = 0; round < rounds(300); round++) {
      const image = save(subject(randomTree(random)));
      for (let i = 1 + random.below(5); i > 0; i--) image[random.below(image.length)] = random.below(256);
      const target = subject(TREE);
      try {
        restore(target, image, { piece: 1 + random.below(4000) });
      } catch (error) {
        expect(error, `FUSEDOS_SEED=${seed}, round ${round}`).toMatchObject({ name: 'LinuxError' });
        expect(stateOf(target)).toEqual(before);
      }
    }
  });

  it('is given up half-way', () => {
    const into = subject(TREE);
    const before = stateOf(into);
    const id = into.request('restoreBegin', TOP, false);
    into.request('restoreWrite', id, archive({ name: 'a', body: 'x' }).subarray(0, 600));
    into.request('restoreAbort', id);
    expect(stateOf(into)).toEqual(before);
    expect(failure(() => into.request('restoreEnd', id)).code).toBe('EBADF');
  });
});

describe('restoring', () => {
  it('takes what is there for storage that is free, unless it stays', () => {
    const content = file('large', 'x'.repeat(900_000));
    const into = subject([content], 1_000_000);
    const image = save(into);
    const before = describeTree(into);
    restore(into, image);
    expect(describeTree(into)).toEqual(before);
    const other = save(subject([file('other', 'y'.repeat(900_000))]));
    expect(failure(() => restore(into, other, { merge: true })).code).toBe('ENOSPC');
    expect(describeTree(into)).toEqual(before);
    restore(into, other);
    expect(Object.keys(describeTree(into))).toEqual(['', 'other']);
  });

  it('replaces files and merges directories; what the image does not have goes, or stays', () => {
    const image = archive(
      { name: 'directory/new', body: 'n' },
      { name: 'kept/now/a/directory', body: 'd' },
      symlink('directory/inner', 'new'),
    );
    const into = subject([...TREE, file('directory/old', 'o'), file('old', 'o')]);
    restore(into, image, { merge: true });
    expect(Object.keys(describeTree(into))).toEqual([
      ...['', 'directory', 'directory/inner', 'directory/new', 'directory/old'],
      ...['kept', 'kept/now', 'kept/now/a', 'kept/now/a/directory', 'old'],
    ]);
    expect(into.request('readlink', `${TOP}/directory/inner`)).toBe('new');
    restore(into, image);
    expect(Object.keys(describeTree(into))).toEqual([
      ...['', 'directory', 'directory/inner', 'directory/new'],
      ...['kept', 'kept/now', 'kept/now/a', 'kept/now/a/directory'],
    ]);
  });

  it('takes the last of two entries of one name, and `./x` for x', () => {
    const into = subject();
    restore(into, archive({ name: 'x', body: 'one' }, { name: './/x', body: 'two' }, link('y', './x')));
    expect(into.request('readFile', `${TOP}/y`)).toEqual(new Uint8Array(text('two')));
    expect(into.fileSystem.inodes).toBe(2);
  });

  it('keeps files open that it replaces, and directories that somebody is in', () => {
    const into = subject(TREE);
    const { guest } = into;
    const descriptor = guest.fd('tree/kept', 0);
    restore(into, archive({ name: 'kept', body: 'new' }, { name: 'directory/x' }));
    expect(guest.pread(descriptor, 20, 0)).toBe('content');
    expect(into.request('readFile', `${TOP}/kept`)).toEqual(new Uint8Array(text('new')));
    const { used } = into.fileSystem.quota;
    expect(guest.call('fd_close', descriptor)).toBe('OK');
    expect(used - into.fileSystem.quota.used).toBeGreaterThanOrEqual(512);
  });

  it('leaves mounts and the way to them, and what the image has under them out', () => {
    const into = subject([...TREE, { ...(TREE[1] as TreeEntry), path: 'directory/mnt' }]);
    const mounted = subject([file('inner', 'mounted')]);
    into.guest.linux.mount({ path: `${TOP}/directory/mnt`, fileSystem: mounted.fileSystem, readOnly: false });
    const used = () => into.fileSystem.quota.used;
    restore(
      into,
      archive({ name: 'directory/mnt/tty', type: '3' }, { name: 'directory/mnt/x', body: 'x' }, { name: 'y' }),
    );
    expect(into.request('readFile', `${TOP}/directory/mnt/inner`)).toEqual(new Uint8Array(text('mounted')));
    expect(Object.keys(describeTree(into))).toEqual(['', 'directory', 'directory/mnt', 'y']);
    const before = used();
    expect(failure(() => restore(into, archive({ name: 'directory' }))).code).toBe('EBUSY');
    expect(used()).toBe(before);
    restore(into, archive());
    expect(Object.keys(describeTree(into))).toEqual(['', 'directory', 'directory/mnt']);
  });

  it('wants a directory in memory that may be written to', () => {
    const into = subject(TREE);
    const begin = (path: string) => failure(() => into.request('restoreBegin', path, false)).code;
    expect(begin(`${TOP}/nope`)).toBe('ENOENT');
    expect(begin(`${TOP}/kept`)).toBe('ENOTDIR');
    expect(begin('/dev')).toBe('EOPNOTSUPP');
    const sealed = subject();
    into.guest.linux.mount({ path: '/sealed', fileSystem: sealed.fileSystem, readOnly: true });
    expect(begin('/sealed')).toBe('EROFS');
    expect(failure(() => into.request('saveBegin', '/dev')).code).toBe('EOPNOTSUPP');
    const id = into.request('restoreBegin', `${TOP}/directory`, false);
    into.request('rm', `${TOP}/directory`, { recursive: true });
    into.request('restoreWrite', id, archive({ name: 'x' }));
    expect(failure(() => into.request('restoreEnd', id)).code).toBe('ENOENT');
  });

  it('reads what old and other programs write', () => {
    const into = subject();
    const v7: HandEntry['patch'] = [[257, '\0'.repeat(8)]];
    const star: HandEntry['patch'] = [
      [345, 'prefix'],
      [476, '14524760000 14524760000 '],
      [508, 'tar\0'],
    ];
    restore(
      into,
      archive(
        { name: 'old/', patch: v7 },
        { name: 'old/file', type: '\0', body: 'x', patch: v7 },
        { name: 'star', body: 'y', patch: star },
        { name: 'GNU', type: 'D', body: 'Yfile\0' },
        { name: 'label', type: 'V' },
        { name: 'x', type: 'g', body: record('comment', 'nothing') },
        pax(record('linkpath', 'old/file')),
        link('again', 'ignored'),
        pax(record('mtime', '12.5'), record('path', '')),
        { name: 'twelve', body: 'twelve' },
        { name: 'large', patch: [[108, `\x80\0\0\0\x80\0\0\0`]] },
      ),
    );
    const tree = describeTree(into);
    expect(Object.keys(tree)).toEqual([
      '',
      'GNU',
      'again',
      'large',
      'old',
      'old/file',
      'prefix',
      'prefix/star',
      'twelve',
    ]);
    expect(tree['twelve']).toMatchObject({ mtimeSec: 12, mtimeNsec: 500_000_000, size: 6 });
    expect(tree['large']).toMatchObject({ uid: 2 ** 31 });
    expect(tree['old']).toMatchObject({ mode: '40644' });
  });
});
