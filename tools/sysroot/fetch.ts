// Gets a pinned source archive: from build/sysroot/download if it is there, else by apt from the machine's own mirrors, with
// lists of its own, so that the machine's configuration is read and not changed.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure, Unavailable } from './failure.ts';
import { RELEASE, type SourcePackage } from './packages.ts';
import { lastLine, output, run } from './run.ts';

/** The archive's path, its checksum proven. @param work the build's own directory */
export async function fetchArchive(pinned: SourcePackage, work: string, say: (line: string) => void): Promise<string> {
  const directory = resolve(work, 'download');
  const path = join(directory, pinned.archive);
  mkdirSync(directory, { recursive: true });
  if (existsSync(path)) {
    if ((await sha256Of(path)) === pinned.sha256) return path;
    say(`${pinned.archive} is damaged or half: it is fetched again`);
    rmSync(path);
  }
  const config = await updateLists(resolve(work, 'apt'), say);
  const version = await versionWith(config, pinned);
  say(`fetching ${pinned.archive}`);
  const fetched = await run(
    'apt-get',
    ['-c', config, '-q', 'source', '--download-only', '--tar-only', `${pinned.name}=${version}`],
    directory,
  );
  if (fetched.status !== 0 || !existsSync(path)) {
    throw new Unavailable(`apt cannot fetch ${pinned.archive} (${lastLine(fetched.stderr)}): ${byHand(pinned, path)}`);
  }
  const found = await sha256Of(path);
  if (found !== pinned.sha256) {
    rmSync(path);
    throw new Failure(`${pinned.archive} is damaged (sha256 ${found}): run it again, or ${byHand(pinned, path)}`);
  }
  return path;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function byHand({ archive, sha256 }: SourcePackage, path: string): string {
  return `put ${archive} (sha256 ${sha256}) at ${path} by hand`;
}

let updated: Promise<string> | undefined;

/** Reads the lists of sources once a build; the path of apt's configuration for them. */
function updateLists(directory: string, say: (line: string) => void): Promise<string> {
  updated ??= (async () => {
    const targets = output('apt-get', [
      'indextargets',
      'Created-By: Packages',
      '--format',
      '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)',
    ]);
    const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
    const codename = /^VERSION_CODENAME=(\w+)/m.exec(osRelease)?.[1];
    const parts = join(directory, 'sources.list.d');
    for (const name of [parts, join(directory, 'lists/partial'), join(directory, 'cache/archives/partial')]) {
      mkdirSync(name, { recursive: true });
    }
    writeFileSync(join(parts, 'sources.sources'), sourcesList(targets, codename, existsSync));
    const config = join(directory, 'apt.conf');
    writeFileSync(
      config,
      `Dir::State::lists "${directory}/lists";\nDir::Cache "${directory}/cache";\nDir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "${parts}";\n`,
    );
    say('reading the lists of source packages');
    // What one suite lacks another has: only a package that none has is an error, later.
    await run('apt-get', ['-c', config, '-q', 'update']);
    return config;
  })();
  return updated;
}

/**
 * The suites of the machine as sources of source packages, and beside each the pinned release's own.
 * @param targets lines `origin|uri|suite|component`, of the machine's distribution or of anybody
 * @param codename of the machine's release
 */
export function sourcesList(targets: string, codename: string | undefined, exists: (path: string) => boolean): string {
  const rows = [...new Set(targets.split('\n'))]
    .map((line) => line.split('|'))
    .filter(([, uri, , component]) => uri && component === 'main');
  const distributions = rows.filter(([origin]) => origin === 'Debian' || origin === 'Ubuntu');
  const suitesOf = new Map<string, Set<string>>();
  for (const [origin = '', uri = '', suite = ''] of distributions.length > 0 ? distributions : rows) {
    const suites = suitesOf.get(`${origin}|${uri}`) ?? new Set();
    suitesOf.set(`${origin}|${uri}`, suites.add(suite));
    if (codename && origin !== 'Ubuntu') suites.add(suite.replace(codename, RELEASE));
  }
  if (suitesOf.size === 0)
    throw new Unavailable('apt has no source with a component `main`: give the machine one, with a Debian mirror');
  return [...suitesOf]
    .map(([key, suites]) => {
      const [origin = '', uri = ''] = key.split('|');
      const keyrings = ['pgp', 'gpg'].map(
        (end) => `/usr/share/keyrings/${origin.toLowerCase()}-archive-keyring.${end}`,
      );
      const keyring = keyrings.find(exists);
      const signed = keyring ? `Signed-By: ${keyring}\n` : '';
      return `Types: deb-src\nURIs: ${uri}\nSuites: ${[...suites].join(' ')}\nComponents: main\n${signed}`;
    })
    .join('\n');
}

/** Which of the versions in the lists has the pinned archive. */
async function versionWith(config: string, pinned: SourcePackage): Promise<string> {
  const { stdout } = await run('apt-cache', ['-c', config, 'showsrc', pinned.name]);
  for (const record of stdout.split('\n\n')) {
    const version = /^Version: (\S+)$/m.exec(record)?.[1];
    if (version && record.includes(pinned.sha256)) return version;
  }
  throw new Unavailable(
    `no mirror of this machine has the source package ${pinned.name} ${pinned.version} (no network, or another release): ` +
      `add a Debian mirror with the suite ${RELEASE} to apt's sources, or put ${pinned.archive} (sha256 ${pinned.sha256}) into build/sysroot/download by hand`,
  );
}
