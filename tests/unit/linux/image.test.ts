// placeholder
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeTree, requests, restore, save } from './image-support.ts';

it('try', () => {
  const one = requests();
  one.request('mkdir', '/a/b', { recursive: true });
  one.request('writeFile', '/a/b/file', new Uint8Array(3000).fill(65));
  one.request('writeFile', `/a/${'n'.repeat(200)}`, new Uint8Array(3).fill(65));
  one.request('writeFile', `/a/b\udcff\udc80`, new Uint8Array(3).fill(65));
  one.request('link', '/a/b/file', '/a/hard');
  one.request('symlink', 'b/file', '/a/lünk');
  one.request('chmod', '/a/b/file', 0o6751);
  one.request('writeFile', '/a/sparse', new Uint8Array(0));
  one.request('truncate', '/a/sparse', 8 * 2 ** 30);
  one.request('writeFile', '/a/empty', new Uint8Array(0));
  const image = save(one);
  const dir = mkdtempSync('/tmp/imgtar/x-');
  writeFileSync(`${dir}/x.tar`, image);
  console.log(image.length, execFileSync('tar', ['tvf', `${dir}/x.tar`, '--full-time'], { encoding: 'utf8' }));
  const two = requests();
  restore(two, image);
  expect(describeTree(two, '/', false)).toEqual(describeTree(one, '/', false));
});
