// Cases of calls on descriptors, directories, identities and the privileges of files. The first process is user 0.
// open PATH FLAGS MODE: flags are octal (0 reading, 1 writing, 2 both, 100 O_CREAT, 1000 O_TRUNC, 2000 O_APPEND, 2000000
// O_CLOEXEC); fcntl FD COMMAND ARGUMENT: 0 F_DUPFD, 1 F_GETFD, 2 F_SETFD, 3 F_GETFL, 4 F_SETFL, 1030 F_DUPFD_CLOEXEC;
// id UID GID GROUPS…; cfr SOURCE OFFSET TARGET OFFSET LENGTH and sendfile TARGET SOURCE OFFSET LENGTH, −1: the own offset.

import { type Case, oracleCase } from './case.ts';

const USER = 'B id 1000 100 200 300';
/** A file of user 0's with a mode, owner and group, then B as an ordinary user in groups 100, 200 and 300. */
function privileged(name: string, mode: string, owner: string, lines: string): Case {
  return oracleCase(
    name,
    `A open f 102 666; A write 3 0123456789; A chown f ${owner}; A chmod f ${mode}; A stat f; ${USER}\n${lines}; A stat f`,
  );
}
/** Every mode of interest, with what B then does. */
function eachMode(name: string, owner: string, lines: string): Case[] {
  return ['6777', '4777', '2777', '2767', '6766', '7777', '6666'].map((mode) =>
    privileged(`${name}, mode ${mode}, owner ${owner}`, mode, owner, lines),
  );
}
const OWNERS = ['0 0', '1000 100', '1000 200', '1000 900', '0 300'];

export const CALL_CASES: readonly Case[] = [
  // Privileges that a change takes away.
  ...OWNERS.flatMap((owner) => [
    ...eachMode('a write', owner, 'B open f 2 0; B write 3 x'),
    ...eachMode('a cut', owner, 'B truncate f 3'),
  ]),
  ...eachMode('a write of nothing', '1000 100', "B open f 2 0; B write 3 ''; B pwrite 3 '' 3"),
  ...eachMode('a pwrite', '1000 100', 'B open f 2 0; B pwrite 3 x 3'),
  ...eachMode('a cut of an open file', '1000 100', 'B open f 2 0; B ftruncate 3 3'),
  ...eachMode('O_TRUNC', '1000 100', 'B open f 1001 0'),
  ...eachMode('fallocate', '1000 100', 'B open f 2 0; B fallocate 3 0 100'),
  ...eachMode('copy_file_range', '1000 100', 'B open f 2 0; B open g 102 666; B write 4 abc; B cfr 4 0 3 0 3'),
  ...eachMode('sendfile', '1000 100', 'B open f 2 0; B open g 102 666; B write 4 abc; B sendfile 3 4 0 3'),
  ...eachMode('a write by user 0', '1000 100', 'A write 3 x; A truncate f 3; A ftruncate 3 2'),
  ...eachMode('opening and reading', '1000 100', 'B open f 2 0; B read 3 2; B lseek 3 0 0'),
  ...eachMode('a gift by user 0', '1000 100', 'A chown f 5 5'),
  ...eachMode('a gift of nothing by user 0', '1000 100', 'A chown f -1 -1'),
  ...eachMode('a change of group', '1000 100', 'B chown f -1 200'),
  ...eachMode('a change of group to its own', '1000 900', 'B chown f -1 900; B chown f 1000 -1; B chown f 1000 900'),
  ...eachMode('chmod', '1000 100', 'B chmod f 6777; A stat f; B chmod f 6755'),
  ...eachMode('chmod, not in the group', '1000 900', 'B chmod f 6777; A stat f; B chmod f 2755'),
  ...eachMode('chmod, in a supplementary group', '1000 300', 'B chmod f 6777; A stat f; B chmod f 2755'),
  oracleCase(
    'a gift that is refused',
    `A open f 102 666; A chmod f 6777; ${USER}; B chown f 1000 -1; B chown f -1 100; B chown f -1 -1; B chown f 0 0; B chmod f 777; A stat f`,
  ),
  oracleCase(
    'groups that one may give',
    `A open f 102 666; A chown f 1000 100; ${USER}; B chown f -1 200; B stat f; B chown f -1 300; B stat f; B chown f -1 400; B chown f 1000 100; B chown f 1001 100; B stat f`,
  ),
  oracleCase(
    'a directory keeps them',
    `A mkdir d 755; A chown d 1000 100; A chmod d 6777; ${USER}; B chown d -1 200; A stat d; A chown d 5 5; A stat d; A chmod d 7777; A stat d`,
  ),
  oracleCase(
    'chmod of a directory, not in the group',
    `A mkdir d 755; A chown d 1000 900; ${USER}; B chmod d 2777; A stat d; A chmod d 2777; A stat d; B chmod d 2755; A stat d; B chmod d 755; A stat d`,
  ),

  // Groups.
  oracleCase(
    'a supplementary group',
    `A open f 102 600; A chown f 0 300; A chmod f 640; ${USER}; B open f 0 0; B open f 1 0; B access f 4; B access f 2; A chmod f 604; B open f 0 0; A chown f 0 400; B open f 0 0`,
  ),
  oracleCase(
    'the owner’s bits alone count for the owner',
    `A open f 102 666; A chown f 1000 100; A chmod f 077; ${USER}; B open f 0 0; B access f 4; B access f 0`,
  ),
  oracleCase(
    'a directory of a group',
    `A mkdir d 755; A chown d 0 200; A chmod d 770; ${USER}; B open d/f 102 666; B stat d/f; A chmod d 750; B open d/g 102 666; B stat d/f; A chmod d 760; B stat d/f`,
  ),

  // set-group-ID directories.
  ...['100', '300', '900'].map((group) =>
    oracleCase(
      `names in a set-group-ID directory of group ${group}`,
      `A mkdir d 777; A chown d 0 ${group}; A chmod d 2777; ${USER}; B umask 0
       B open d/f 102 2775; B stat d/f; B open d/g 102 2765; B stat d/g; B open d/h 102 6777; B stat d/h; B mkdir d/sub 755; B stat d/sub
       B open d/sub/f 102 666; B stat d/sub/f; A open d/r 102 2777; A stat d/r; A mkdir d/rs 2755; A stat d/rs`,
    ),
  ),
  oracleCase(
    'names in an ordinary directory',
    `A mkdir d 777; A chmod d 777; A umask 0; ${USER}; B umask 0; B open d/f 102 6777; B stat d/f; B mkdir d/s 6777; B stat d/s; B mkdir d/t 1777; B stat d/t; A open d/r 102 7777; A stat d/r`,
  ),

  // umask.
  oracleCase(
    'umask',
    'A umask 77; A umask 7777; A umask 0; A open f 102 777; A stat f; A umask 26; A open g 102 777; A stat g; A mkdir d 777; A stat d; A umask 22',
  ),

  // dup and fcntl.
  oracleCase(
    'dup',
    'A open f 102 666; A dup 3; A dup 3; A close 4; A dup 5; A dup 9; A dup -1; A write 3 abc; A lseek 4 0 1; A close 3; A write 5 d; A stat f',
  ),
  oracleCase(
    'dup2',
    'A open f 102 666; A open g 102 666; A dup2 3 7; A dup2 3 4; A write 4 abc; A stat g; A stat f; A dup2 3 3; A dup2 9 9; A dup2 9 3; A dup2 3 -1; A dup2 3 1024; A dup2 9 1024; A dup2 3 1023; A write 3 x',
  ),
  oracleCase(
    'dup3',
    'A open f 102 666; A dup3 3 4 0; A dup3 3 5 2000000; A fcntl 4 1 0; A fcntl 5 1 0; A dup3 3 3 0; A dup3 3 4 1; A dup3 9 9 0; A dup3 9 4 0; A dup3 9 4 1; A dup3 3 1024 0; A dup3 3 -1 0; A dup3 9 2000 4',
  ),
  oracleCase(
    'F_DUPFD',
    'A open f 102 666; A fcntl 3 0 0; A fcntl 3 0 10; A fcntl 3 0 10; A fcntl 3 0 1023; A fcntl 3 0 1023; A fcntl 3 0 1024; A fcntl 3 0 -1; A fcntl 99 0 5; A fcntl 99 0 -1; A fcntl 3 1030 20; A fcntl 20 1 0; A fcntl 10 1 0',
  ),
  oracleCase(
    'close-on-exec',
    'A open f 2000102 666; A fcntl 3 1 0; A dup 3; A fcntl 4 1 0; A fcntl 4 2 1; A fcntl 4 1 0; A fcntl 3 2 0; A fcntl 3 1 0; A fcntl 3 2 2; A fcntl 3 1 0; A fcntl 3 2 3; A fcntl 3 1 0; A dup2 4 3; A fcntl 3 1 0; A close 4; A open f 0 0; A fcntl 4 1 0; A fcntl 99 1 0; A fcntl 99 2 1; A dup2 4 4; A fcntl 4 2 1; A dup2 4 4; A fcntl 4 1 0',
  ),
  oracleCase(
    'status flags',
    'A open f 2102 666; A fcntl 3 3 0; A fcntl 3 4 0; A fcntl 3 3 0; A write 3 abc; A lseek 3 0 0; A write 3 x; A stat f; A fcntl 3 4 1024; A fcntl 3 3 0; A write 3 y; A stat f; A fcntl 3 4 2048; A fcntl 3 3 0; A fcntl 3 4 3; A fcntl 3 3 0; A dup 3; A fcntl 4 4 1024; A fcntl 3 3 0',
  ),
  oracleCase(
    'status flags of opening',
    'A open f 102 666; A fcntl 3 3 0; A open f 1 0; A fcntl 4 3 0; A open f 4010001 0; A fcntl 5 3 0; A fcntl 5 4 0; A fcntl 5 3 0; A open f 10000 0; A fcntl 6 3 0; A open f 4000 0; A fcntl 7 3 0; A fcntl 7 4 16384; A open f 1002 0; A fcntl 8 3 0; A fcntl 99 3 0; A fcntl 99 4 0',
  ),
  oracleCase(
    'descriptors are the lowest',
    'A open f 102 666; A open f 0 0; A open f 0 0; A close 4; A open f 0 0; A close 3; A close 5; A dup 4; A open f 0 0; A close 0; A open f 0 0; A dup 4',
  ),

  // O_APPEND.
  oracleCase(
    'O_APPEND with pwrite',
    'A open f 102 666; A write 3 0123456789; A open f 2002 0; A pwrite 4 abc 2; A stat f; A lseek 4 0 1; A lseek 4 3 0; A write 4 d; A lseek 4 0 1; A pread 3 20 0; A pread 4 3 1; A ftruncate 4 2; A write 4 e; A pread 3 9 0',
  ),

  // fsync.
  oracleCase(
    'fsync',
    'A open f 102 666; A fsync 3; A fdatasync 3; A open f 0 0; A fsync 4; A mkdir d 755; A open d 200000 0; A fsync 5; A fdatasync 5; A open /dev/null 2 0; A fsync 6; A fdatasync 6; A open /dev/zero 0 0; A fsync 7; A fsync 99; A fdatasync -1; A open /dev/urandom 0 0; A fsync 8',
  ),

  // Working directory.
  oracleCase(
    'chdir',
    "A mkdir d 755; A mkdir d/e 755; A open f 102 666; A getcwd; A chdir d; A getcwd; A chdir e; A getcwd; A chdir ..; A getcwd; A chdir .; A chdir nope; A chdir ../f; A chdir ''; A chdir ../d/e/../e/.; A getcwd; A chdir ../..; A getcwd; A stat f",
  ),
  oracleCase(
    'fchdir',
    'A mkdir d 755; A mkdir d/e 755; A open d/e 200000 0; A open . 200000 0; A open f 102 666; A fchdir 3; A getcwd; A fchdir 5; A fchdir 99; A fchdir 4; A getcwd; A close 3; A getcwd',
  ),
  oracleCase(
    'the working directory is moved',
    'A mkdir d 755; A mkdir d/e 755; A mkdir x 755; A chdir d/e; B rename d x/y; A getcwd; B rename x/y/e x/z; A getcwd; B open x/z/f 102 666; A stat f; A chdir ..; A getcwd',
  ),
  oracleCase(
    'the working directory is removed',
    'A mkdir d 755; A chdir d; B rmdir d; A getcwd; A open f 102 666; A stat .; A chdir .; A mkdir e 755; B mkdir d 755; A getcwd; A chdir ..; A getcwd',
  ),
  oracleCase(
    'directories that one may not enter',
    `A mkdir d 755; A mkdir d/e 755; A chmod d 666; ${USER}; B chdir d; B chdir d/e; A open d 200000 0; A chmod d 755; B chdir d; B getcwd; A chmod d 600; B getcwd; B chdir .; B open . 200000 0; A chmod d 644; B open . 200000 0; B fchdir 3; B chdir ..`,
  ),
  oracleCase(
    'a working directory is its own link',
    'A mkdir d 755; A mkdir d/e 755; A chdir d; A rmdir ../d/e; A rename ../d ../d2; A rmdir ../d2; A getcwd',
  ),

  // access.
  oracleCase(
    'access',
    `A open f 102 666; A chmod f 754; A chown f 1000 100; ${USER}; B access f 0; B access f 7; B access f 4; B access f 1; B access f 8; B access f -1; B access nope 0; B access nope 8; B access f/x 0; C id 5 200; C access f 1; C access f 4; C access f 2; D id 5 5 100; D access f 5; D access f 2; D access f 0`,
  ),
  oracleCase(
    'access of user 0',
    'A open f 102 666; A chmod f 0; A access f 6; A access f 1; A access f 7; A chmod f 1; A access f 7; A mkdir d 0; A chmod d 0; A access d 7; A access /dev/null 6; A access /dev/null 1',
  ),
  oracleCase(
    'access of directories',
    `A mkdir d 755; A chmod d 711; A open d/f 102 666; ${USER}; B access d 1; B access d 4; B access d/f 4; B access d/f 2; A chmod d 700; B access d/f 0; B access d 0`,
  ),

  // copy_file_range and sendfile.
  oracleCase(
    'copy_file_range',
    'A open f 102 666; A open g 102 666; A write 3 0123456789; A cfr 3 0 4 0 4; A pread 4 20 0; A lseek 3 0 1; A lseek 4 0 1; A lseek 3 2 0; A cfr 3 -1 4 -1 3; A pread 4 20 0; A lseek 3 0 1; A lseek 4 0 1; A cfr 3 -1 4 -1 100; A pread 4 20 0; A cfr 3 -1 4 -1 100; A cfr 3 100 4 0 5; A cfr 3 0 4 20 2; A pread 4 30 0; A cfr 3 0 4 0 0',
  ),
  oracleCase(
    'copy_file_range within a file',
    'A open f 102 666; A write 3 0123456789; A cfr 3 0 3 10 5; A pread 3 20 0; A cfr 3 0 3 3 5; A cfr 3 3 3 0 5; A cfr 3 0 3 0 5; A cfr 3 0 3 5 5; A pread 3 20 0; A open f 2 0; A cfr 3 0 4 2 5; A cfr 3 13 4 14 5; A cfr 3 14 4 13 5',
  ),
  oracleCase(
    'copy_file_range refused',
    'A open f 102 666; A write 3 0123456789; A open f 0 0; A open f 1 0; A open f 2002 0; A mkdir d 755; A open d 200000 0; A open /dev/null 2 0; A open g 102 666; A cfr 4 0 9 0 5; A cfr 5 0 9 0 5; A cfr 4 0 4 20 5; A cfr 4 0 6 20 5; A cfr 7 0 9 0 5; A cfr 4 0 7 0 5; A cfr 8 0 9 0 5; A cfr 4 0 8 0 5; A cfr 99 0 9 0 5; A cfr 4 0 99 0 5; A cfr 4 -5 9 0 2; A cfr 4 0 9 -5 2; A cfr 7 0 8 0 5; A cfr 5 0 7 0 1',
  ),
  oracleCase(
    'sendfile',
    'A open f 102 666; A open g 102 666; A write 3 0123456789; A sendfile 4 3 0 4; A pread 4 20 0; A lseek 3 0 1; A lseek 4 0 1; A lseek 3 5 0; A sendfile 4 3 -1 2; A sendfile 4 3 -1 100; A sendfile 4 3 -1 100; A lseek 3 0 1; A pread 4 20 0; A sendfile 4 3 20 5; A sendfile 4 3 0 0; A lseek 4 0 1',
  ),
  oracleCase(
    'sendfile refused',
    'A open f 102 666; A write 3 0123456789; A open f 0 0; A open f 1 0; A open g 2102 666; A mkdir d 755; A open d 200000 0; A open h 102 666; A sendfile 8 5 0 5; A sendfile 4 3 0 5; A sendfile 6 3 0 5; A sendfile 99 3 0 5; A sendfile 8 99 0 5; A sendfile 8 7 0 5; A sendfile 8 4 -5 5; A sendfile 7 4 0 5; A stat h',
  ),
  oracleCase(
    'sendfile from and to devices',
    'A open /dev/null 1 0; A open f 102 666; A write 4 0123456789; A sendfile 3 4 0 100; A open /dev/zero 0 0; A sendfile 4 5 0 4; A pread 4 20 0; A lseek 4 0 1',
  ),
];
