// Cases of record locks, locks of open file descriptions, and flock(2). `f` is descriptor 3 of each process.
// lk FD COMMAND TYPE WHENCE START LENGTH [PID];  flock FD OPERATION (1 LOCK_SH, 2 LOCK_EX, 4 LOCK_NB, 8 LOCK_UN)

import { type Case, oracleCase } from './case.ts';

const MAX = '9223372036854775807';
const MIN = '-9223372036854775808';

function one(name: string, lines: string): Case {
  return oracleCase(name, `A open f 102 666; A write 3 0123456789\n${lines}`);
}
function two(name: string, lines: string): Case {
  return one(name, `B open f 2 0\n${lines}`);
}
function three(name: string, lines: string): Case {
  return two(name, `C open f 2 0\n${lines}`);
}
/** What B finds, from the start on, after A's steps: A's ranges, seen through F_GETLK one after the other. */
function layout(name: string, lines: string, at: readonly number[] = [0, 5, 10, 15, 20, 25, 30, 40]): Case {
  return two(name, `${lines}\n${at.map((start) => `B lk 3 getlk w 0 ${start} 5`).join('\n')}`);
}

const TYPES = ['r', 'w'];

export const LOCK_CASES: readonly Case[] = [
  // Conflicts.
  ...TYPES.flatMap((held) =>
    TYPES.map((wanted) =>
      two(
        `${wanted} against ${held}`,
        `A lk 3 setlk ${held} 0 10 10
         B lk 3 getlk ${wanted} 0 0 0; B lk 3 setlk ${wanted} 0 0 10; B lk 3 setlk ${wanted} 0 20 5
         B lk 3 setlk ${wanted} 0 19 1; B lk 3 setlk ${wanted} 0 10 1; B lk 3 setlk ${wanted} 0 0 0
         A lk 3 getlk w 0 0 0`,
      ),
    ),
  ),
  one(
    'a process does not stand against itself',
    'A lk 3 setlk w 0 0 0; A open f 2 0; A lk 4 getlk w 0 0 0; A lk 4 setlk w 0 0 5',
  ),
  three(
    'the first lock that stands against it is told',
    `A lk 3 setlk r 0 20 5; B lk 3 setlk r 0 0 5; B lk 3 setlk r 0 10 5
     C lk 3 getlk w 0 0 0; C lk 3 getlk w 0 2 10; C lk 3 getlk w 0 5 5; C lk 3 getlk r 0 0 0; C lk 3 getlk w 0 10 20`,
  ),
  three(
    'the owner that came first is told first, and last once it came again',
    `A lk 3 setlk r 0 5 5; B lk 3 setlk r 0 0 20; C lk 3 getlk w 0 0 0
     A lk 3 setlk u 0 0 0; C lk 3 getlk w 0 0 0; A lk 3 setlk r 0 5 5; C lk 3 getlk w 0 0 0`,
  ),
  two(
    'reading and writing in one file',
    'A lk 3 setlk w 0 0 10; A lk 3 setlk r 0 10 10; B lk 3 setlk r 0 5 10; B lk 3 setlk r 0 10 10; B lk 3 setlk w 0 10 10',
  ),
  two(
    'unlocking what is not locked',
    'A lk 3 setlk u 0 0 0; B lk 3 setlk w 0 0 5; A lk 3 setlk u 0 0 0; A lk 3 getlk w 0 0 0',
  ),
  three(
    'several readers',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 0; C lk 3 setlk w 0 0 1; A lk 3 setlk u 0 0 0; C lk 3 setlk w 0 0 1; B close 3; C lk 3 setlk w 0 0 1',
  ),

  // Ranges.
  layout('a range is cut in its middle', 'A lk 3 setlk w 0 0 40; A lk 3 setlk u 0 10 10'),
  layout('a range is cut at its start', 'A lk 3 setlk w 0 10 20; A lk 3 setlk u 0 5 10'),
  layout('a range is cut at its end', 'A lk 3 setlk w 0 10 20; A lk 3 setlk u 0 20 20'),
  layout('a range is taken away whole', 'A lk 3 setlk w 0 10 10; A lk 3 setlk u 0 5 30'),
  layout('a range to the end of the file is cut', 'A lk 3 setlk w 0 10 0; A lk 3 setlk u 0 20 5'),
  layout('neighbours become one', 'A lk 3 setlk w 0 0 10; A lk 3 setlk w 0 20 10; A lk 3 setlk w 0 10 10'),
  layout('neighbours of two types stay two', 'A lk 3 setlk w 0 0 10; A lk 3 setlk r 0 10 10; A lk 3 setlk w 0 20 10'),
  layout('overlapping ranges become one', 'A lk 3 setlk r 0 5 10; A lk 3 setlk r 0 10 15'),
  layout('a gap of one byte stays', 'A lk 3 setlk w 0 0 10; A lk 3 setlk w 0 11 9', [0, 5, 9, 10, 11]),
  layout('a range inside one of the same type changes nothing', 'A lk 3 setlk w 0 0 40; A lk 3 setlk w 0 10 10'),
  layout('an upgrade in the middle', 'A lk 3 setlk r 0 0 40; A lk 3 setlk w 0 10 10'),
  layout('a downgrade in the middle', 'A lk 3 setlk w 0 0 40; A lk 3 setlk r 0 10 10'),
  layout('an upgrade of the whole', 'A lk 3 setlk r 0 10 10; A lk 3 setlk w 0 0 0'),
  layout(
    'an upgrade over several ranges and gaps',
    'A lk 3 setlk r 0 0 5; A lk 3 setlk r 0 10 5; A lk 3 setlk w 0 20 5; A lk 3 setlk w 0 2 25',
  ),
  layout('a change back becomes one again', 'A lk 3 setlk r 0 0 30; A lk 3 setlk w 0 10 10; A lk 3 setlk r 0 10 10'),
  layout(
    'overlapping the start of one and the end of another',
    'A lk 3 setlk w 0 0 10; A lk 3 setlk r 0 20 10; A lk 3 setlk r 0 5 20',
  ),
  layout('to the end takes in what follows', 'A lk 3 setlk w 0 5 5; A lk 3 setlk w 0 20 5; A lk 3 setlk w 0 8 0'),
  layout(
    'single bytes',
    'A lk 3 setlk w 0 0 1; A lk 3 setlk w 0 2 1; A lk 3 setlk w 0 4 1; A lk 3 setlk w 0 1 1',
    [0, 1, 2, 3, 4],
  ),

  // struct flock.
  layout('whence: the offset', 'A lseek 3 5 0; A lk 3 setlk w 1 0 5; A lk 3 setlk w 1 15 5; A lk 3 setlk w 1 -2 1'),
  layout('whence: the end', 'A lk 3 setlk w 2 0 5; A lk 3 setlk w 2 -10 5; A lk 3 setlk w 2 20 0'),
  layout('whence: the end, as the file grows', 'A lk 3 setlk w 2 0 0; A write 3 abcdefghij; A lk 3 setlk u 2 0 0'),
  layout('a negative length: the bytes before', 'A lk 3 setlk w 0 20 -10; A lk 3 setlk r 2 0 -5'),
  one(
    'a negative length and start',
    'A lk 3 setlk w 0 10 -10; A lk 3 setlk w 0 10 -11; A lk 3 setlk w 0 0 -1; A lk 3 setlk w 0 -1 1; A lk 3 setlk w 0 -1 0; A lk 3 setlk w 2 -11 1; A lk 3 setlk w 1 -10 1; A lk 3 setlk w 1 -11 1',
  ),
  two(
    'the last position',
    `A lk 3 setlk w 0 ${MAX} 1; B lk 3 getlk w 0 0 0; A lk 3 setlk w 0 ${MAX} 2; A lk 3 setlk w 0 ${MAX} 0; A lk 3 setlk w 0 1 ${MAX}; A lk 3 setlk w 0 2 ${MAX}; B lk 3 getlk r 0 0 0`,
  ),
  two(
    'the largest length',
    `A lk 3 setlk w 0 0 ${MAX}; B lk 3 getlk w 0 0 0; B lk 3 getlk w 0 ${MAX} 1; B lk 3 setlk w 0 ${MAX} 0`,
  ),
  one(
    'beyond 63 bits',
    `A lk 3 setlk w 2 ${MAX} 1; A lseek 3 0 0; A lk 3 setlk w 1 ${MAX} 1; A lk 3 setlk w 0 ${MIN} 1; A lk 3 setlk w 0 ${MAX} ${MIN}; A lk 3 setlk w 0 0 ${MIN}; A lk 3 getlk w 2 ${MAX} 1`,
  ),
  two(
    'far from any byte',
    `A lk 3 setlk w 0 4611686018427387904 1; B lk 3 getlk w 0 0 0; B lk 3 setlk w 0 4611686018427387903 1; B lk 3 setlk w 0 4611686018427387904 1; B lk 3 setlk w 0 4611686018427387905 1`,
  ),
  one(
    'an unknown type',
    'A lk 3 setlk 3 0 0 0; A lk 3 setlkw 4 0 0 0; A lk 3 setlk -1 0 0 0; A lk 3 getlk 3 0 0 0; A lk 3 getlk u 0 0 0; A lk 3 ofd_getlk 7 0 0 0',
  ),
  one('an unknown whence', 'A lk 3 setlk w 3 0 0; A lk 3 getlk w 3 0 0; A lk 3 setlk w -1 0 0'),
  one(
    'two faults at once',
    `A open f 0 0; A lk 4 setlk w 3 0 0; A lk 4 setlk w 0 -1 0; A lk 4 setlk 9 0 0 0; A lk 4 setlk w 0 ${MAX} 2; A lk 4 ofd_setlk w 0 0 0 1; A lk 4 ofd_setlk w 0 0 0 0; A lk 4 ofd_getlk w 0 -1 0 1`,
  ),
  one('a command that does not exist', 'A fcntl 3 77 0; A fcntl 77 77 0; A fcntl 3 1029 0'),
  two(
    'what is not in the way is left as it was asked',
    'A lseek 3 3 0; A lk 3 getlk w 1 2 7; A lk 3 getlk r 2 -5 0; B lk 3 setlk r 0 0 5; A lk 3 getlk r 1 -1 0; A lk 3 getlk w 1 -1 0; A lk 3 getlk w 2 -10 1',
  ),

  // Access modes, kinds of files.
  one(
    'access modes',
    'A open f 0 0; A open f 1 0; A lk 4 setlk r 0 0 1; A lk 4 setlk w 0 0 1; A lk 5 setlk r 0 0 1; A lk 5 setlk w 0 0 1; A lk 4 setlk u 0 0 0; A lk 5 getlk r 0 0 0; A lk 4 getlk w 0 0 0',
  ),
  one(
    'access modes of open file descriptions',
    'A open f 0 0; A open f 1 0; A lk 4 ofd_setlk r 0 0 1; A lk 4 ofd_setlk w 0 0 1; A lk 5 ofd_setlk r 0 5 1; A lk 5 ofd_setlk w 0 5 1',
  ),
  one('flock needs no access mode', 'A open f 0 0; A open f 1 0; A flock 4 6; A flock 5 5; A flock 4 8; A flock 5 6'),
  two(
    'a directory',
    'A mkdir d 755; A open d 200000 0; B open d 200000 0; A lk 4 setlk r 0 0 0; A lk 4 setlk w 0 0 0; A flock 4 6; B flock 4 5; A flock 4 8; B flock 4 5; B lk 4 getlk w 0 0 0',
  ),
  two(
    'a device',
    'A open /dev/null 2 0; B open /dev/null 2 0; A lk 4 setlk w 0 0 10; B lk 4 getlk w 0 0 0; A flock 4 6; B flock 4 6; A close 4; B flock 4 6; B lk 4 setlk w 0 0 0',
  ),
  one(
    'a descriptor that is not open',
    'A lk 77 setlk w 0 0 0; A lk 77 getlk w 9 0 0; A lk -1 setlkw r 0 0 0; A flock 77 2; A lk 77 ofd_setlk w 0 0 0',
  ),
  two(
    'two files',
    'A open g 102 666; B open g 2 0; A lk 3 setlk w 0 0 0; B lk 4 setlk w 0 0 0; B lk 3 setlk w 0 0 0; A lk 4 setlk w 0 0 0',
  ),
  two(
    'another name of the file',
    'A lk 3 setlk w 0 0 0; A rename f g; B open g 2 0; B lk 4 setlk w 0 0 0; B lk 4 getlk w 0 0 0',
  ),
  two(
    'a file without a name',
    'A lk 3 setlk w 0 0 0; A unlink f; B lk 3 setlk w 0 0 0; A close 3; B lk 3 setlk w 0 0 0',
  ),
  two(
    'a file of the same name',
    'A lk 3 setlk w 0 0 0; A unlink f; B open f 102 666; B lk 4 setlk w 0 0 0; B lk 3 setlk w 0 0 0',
  ),

  // Closing.
  two('closing another descriptor of the file', 'A open f 0 0; A lk 3 setlk w 0 0 0; A close 4; B lk 3 setlk w 0 0 0'),
  two('closing a duplicate', 'A dup 3; A lk 3 setlk w 0 0 0; A close 4; B lk 3 setlk w 0 0 0'),
  two('dup2 closes', 'A open f 0 0; A open g 102 666; A lk 3 setlk w 0 0 0; A dup2 5 4; B lk 3 setlk w 0 0 0'),
  two(
    'dup2 over itself closes nothing',
    'A lk 3 setlk w 0 0 0; A dup2 3 3; B lk 3 setlk w 0 0 0; A dup2 3 9; B lk 3 setlk w 0 0 0; A dup2 3 9; B lk 3 setlk w 0 0 0',
  ),
  two(
    'closing another file',
    'A open g 102 666; A lk 3 setlk w 0 0 0; A lk 4 setlk w 0 0 0; A close 4; B lk 3 setlk w 0 0 0',
  ),
  two(
    'the end of the process',
    'A lk 3 setlk w 0 0 0; A lk 3 ofd_setlk r 0 0 0; A flock 3 2; A kill; B lk 3 setlk w 0 0 0; B flock 3 6',
  ),
  two(
    'closing twice',
    'A lk 3 setlk w 0 0 0; A close 3; A close 3; A open f 2 0; B lk 3 setlk w 0 0 5; A lk 3 getlk w 0 0 0',
  ),
  two(
    'opening and cutting keep locks',
    'A lk 3 setlk w 0 5 100; A ftruncate 3 0; A open f 1002 0; B lk 3 getlk w 0 0 0',
  ),

  // Open file descriptions.
  two(
    'a description’s lock stands against others',
    'A lk 3 ofd_setlk w 0 0 10; B lk 3 getlk w 0 0 0; B lk 3 setlk w 0 5 1; B lk 3 ofd_setlk r 0 5 1; A lk 3 setlk w 0 5 1; A lk 3 getlk w 0 0 0',
  ),
  one(
    'two descriptions of a process',
    'A open f 2 0; A lk 3 ofd_setlk w 0 0 10; A lk 4 ofd_setlk w 0 5 10; A lk 4 ofd_setlk w 0 10 10; A lk 4 ofd_getlk r 0 0 0; A lk 3 ofd_getlk r 0 0 0',
  ),
  two(
    'duplicates share it',
    'A lk 3 ofd_setlk w 0 0 10; A dup 3; A lk 4 ofd_setlk r 0 0 5; B lk 3 getlk w 0 0 0; A close 3; B lk 3 getlk w 0 0 0; A lk 4 ofd_setlk u 0 0 0; B lk 3 getlk w 0 0 0',
  ),
  two(
    'closing another descriptor keeps it',
    'A open f 0 0; A lk 3 ofd_setlk w 0 0 0; A close 4; B lk 3 setlk w 0 0 0; A close 3; B lk 3 setlk w 0 0 0',
  ),
  two(
    'a process’s lock stands against a description’s',
    'A lk 3 setlk r 0 0 0; B lk 3 ofd_setlk r 0 0 5; B lk 3 ofd_setlk w 0 0 5; B lk 3 ofd_getlk w 0 0 0; A lk 3 getlk w 0 0 0',
  ),
  one(
    'a pid that is not 0',
    'A lk 3 ofd_setlk w 0 0 0 1; A lk 3 ofd_getlk w 0 0 0 1; A lk 3 ofd_setlkw r 0 0 0 -1; A lk 3 setlk w 0 0 0 77; A lk 3 getlk w 0 0 0 77',
  ),
  one(
    'what a description holds itself',
    'A open f 2 0; A lk 3 ofd_setlk w 0 5 5; A lk 3 ofd_setlk r 0 20 5; A lk 3 ofd_getlk u 0 0 0; A lk 3 ofd_getlk u 0 10 5; A lk 3 ofd_getlk u 0 10 0; A lk 4 ofd_getlk u 0 0 0; A lk 3 ofd_getlk w 0 0 0',
  ),
  layout(
    'ranges of a description',
    'A lk 3 ofd_setlk w 0 0 40; A lk 3 ofd_setlk r 0 10 10; A lk 3 ofd_setlk u 0 15 10',
  ),

  // flock.
  two('flock: one writer', 'A flock 3 6; B flock 3 5; B flock 3 6; A flock 3 8; B flock 3 6; A flock 3 5'),
  three('flock: readers', 'A flock 3 1; B flock 3 5; C flock 3 6; A flock 3 8; B flock 3 8; C flock 3 6'),
  one(
    'flock: descriptions, not processes',
    'A open f 2 0; A dup 3; A flock 3 6; A flock 4 6; A flock 5 6; A flock 5 8; A flock 4 6; A flock 3 6',
  ),
  two('flock: the last descriptor', 'A dup 3; A flock 3 2; A close 3; B flock 3 6; A close 4; B flock 3 6'),
  two('flock: dup2 over it', 'A flock 3 2; A open g 102 666; A dup2 4 3; B flock 3 6'),
  two(
    'flock: upgrade and downgrade',
    'A flock 3 1; A flock 3 6; B flock 3 5; A flock 3 1; B flock 3 5; A flock 3 6; B flock 3 6',
  ),
  two('flock: a failed change loses the lock', 'A flock 3 1; B flock 3 1; A flock 3 6; B flock 3 6; A flock 3 5'),
  one(
    'flock: unknown operations',
    'A flock 3 0; A flock 3 3; A flock 3 4; A flock 3 12; A flock 3 16; A flock 3 32; A flock 3 -1; A flock 3 10',
  ),
  one('flock: again and again', 'A flock 3 2; A flock 3 2; A flock 3 6; A flock 3 8; A flock 3 8'),
  two(
    'flock and record locks never meet',
    'A flock 3 2; B lk 3 setlk w 0 0 0; B lk 3 getlk w 0 0 0; A lk 3 getlk w 0 0 0; B flock 3 6; A lk 3 ofd_setlk w 0 0 0',
  ),

  // Waiting.
  two(
    'waits until it is unlocked',
    'A lk 3 setlk w 0 0 10; B lk 3 setlkw w 0 5 10; A lk 3 setlk u 0 0 5; A lk 3 setlk u 0 5 4; A lk 3 setlk u 0 9 1; A lk 3 getlk w 0 0 0',
  ),
  two(
    'waits until the file is closed',
    'A open f 0 0; A lk 3 setlk w 0 0 0; B lk 3 setlkw r 0 0 0; A close 4; A lk 3 getlk w 0 0 0',
  ),
  two('waits until the process ends', 'A lk 3 setlk w 0 0 0; B lk 3 setlkw w 0 0 0; A kill; B lk 3 setlk u 0 0 0'),
  two(
    'a reader waits for a downgrade',
    'A lk 3 setlk w 0 0 0; B lk 3 setlkw r 0 5 5; A lk 3 setlk r 0 5 5; A lk 3 getlk w 0 0 0',
  ),
  three(
    'several readers go on together',
    'A lk 3 setlk w 0 0 0; B lk 3 setlkw r 0 0 0; C lk 3 setlkw r 0 0 0; A lk 3 setlk u 0 0 0',
  ),
  three(
    'writers in the order of arrival',
    'A lk 3 setlk w 0 0 0; C lk 3 setlkw w 0 0 0; B lk 3 setlkw w 0 0 0; A lk 3 setlk u 0 0 0; C lk 3 setlk u 0 0 0',
  ),
  three(
    'those that arrive first, in the other order',
    'A lk 3 setlk w 0 0 0; B lk 3 setlkw w 0 0 0; C lk 3 setlkw w 0 0 0; A close 3; B close 3',
  ),
  three(
    'other ranges go on by themselves',
    'A lk 3 setlk w 0 0 20; B lk 3 setlkw w 0 0 10; C lk 3 setlkw w 0 10 10; A lk 3 setlk u 0 10 10; A lk 3 setlk u 0 0 0',
  ),
  three(
    'a waiter that is killed is passed over',
    'A lk 3 setlk w 0 0 0; B lk 3 setlkw w 0 0 0; C lk 3 setlkw w 0 0 0; B kill; A lk 3 setlk u 0 0 0',
  ),
  three(
    'a newcomer reads while a writer waits',
    'A lk 3 setlk r 0 0 0; B lk 3 setlkw w 0 0 0; C lk 3 setlk r 0 0 0; A lk 3 setlk u 0 0 0; C lk 3 setlk u 0 0 0',
  ),
  three(
    'a writer waits for both readers',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 0; C lk 3 setlkw w 0 0 0; A close 3; B close 3',
  ),
  two(
    'waiting for nothing',
    'A lk 3 setlkw w 0 0 10; B lk 3 setlkw w 0 10 10; B lk 3 setlkw u 0 0 0; B lk 3 setlkw r 0 10 10',
  ),
  two(
    'an upgrade waits',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 0; A lk 3 setlkw w 0 0 0; B lk 3 setlk u 0 0 0; B lk 3 getlk r 0 0 0',
  ),
  two(
    'an upgrade waits, and keeps what it had',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 10; A lk 3 setlkw w 0 0 0; B lk 3 setlk w 0 0 10; B lk 3 getlk w 0 20 0',
  ),
  two(
    'a description waits for a process',
    'A lk 3 setlk w 0 0 0; B lk 3 ofd_setlkw w 0 0 0; A lk 3 setlk u 0 0 0; A lk 3 getlk w 0 0 0',
  ),
  two(
    'a process waits for a description',
    'A lk 3 ofd_setlk w 0 0 0; B lk 3 setlkw w 0 0 0; A close 3; B lk 3 setlk u 0 0 0',
  ),
  two(
    'a description waits for its own process',
    'A open f 2 0; A lk 3 setlk w 0 0 0; A lk 4 ofd_setlkw w 0 0 0; A kill; B lk 3 setlk w 0 0 0',
  ),
  two('flock waits', 'A flock 3 2; B flock 3 1; A flock 3 8; A flock 3 6'),
  two('flock waits for the last descriptor', 'A dup 3; A flock 3 2; B flock 3 2; A close 3; A close 4; B flock 3 8'),
  three('flock: readers go on at a downgrade', 'A flock 3 2; B flock 3 1; C flock 3 1; A flock 3 1; A flock 3 6'),
  three(
    'flock: writers in the order of arrival',
    'A flock 3 2; C flock 3 2; B flock 3 2; A flock 3 8; C flock 3 8; B flock 3 8',
  ),
  {
    ...three('flock: an upgrade behind a writer', 'A flock 3 1; B flock 3 1; C flock 3 2; A flock 3 2; B flock 3 8'),
    differs:
      'C came first and keeps its place; in Linux a waiter that is woken in vain, here when A gives up, loses it',
  },
  three('flock: a waiter that is killed', 'A flock 3 2; B flock 3 2; C flock 3 2; B kill; A flock 3 8; C flock 3 8'),
  two('flock: both change', 'A flock 3 1; B flock 3 1; A flock 3 2; B flock 3 2; B kill'),

  // Deadlock.
  two(
    'a deadlock of two',
    'A lk 3 setlk w 0 0 1; B lk 3 setlk w 0 1 1; A lk 3 setlkw w 0 1 1; B lk 3 setlkw w 0 0 1; B lk 3 setlk u 0 0 0',
  ),
  two(
    'a deadlock of two upgrades',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 0; A lk 3 setlkw w 0 0 0; B lk 3 setlkw w 0 0 0; B lk 3 setlk u 0 0 0',
  ),
  three(
    'a deadlock of three',
    'A lk 3 setlk w 0 0 1; B lk 3 setlk w 0 1 1; C lk 3 setlk w 0 2 1; A lk 3 setlkw w 0 1 1; B lk 3 setlkw w 0 2 1; C lk 3 setlkw w 0 0 1; C close 3; B close 3',
  ),
  three(
    'a chain is no deadlock',
    'A lk 3 setlk w 0 0 1; B lk 3 setlk w 0 1 1; C lk 3 setlkw w 0 1 1; B lk 3 setlkw w 0 0 1; A close 3; B close 3',
  ),
  two(
    'a deadlock over two files',
    'A open g 102 666; B open g 2 0; A lk 3 setlk w 0 0 0; B lk 4 setlk w 0 0 0; A lk 4 setlkw w 0 0 0; B lk 3 setlkw r 0 0 0; B close 4',
  ),
  two(
    'trying is no deadlock',
    'A lk 3 setlk w 0 0 1; B lk 3 setlk w 0 1 1; A lk 3 setlkw w 0 1 1; B lk 3 setlk w 0 0 1; B close 3',
  ),
  two(
    'descriptions are not looked at',
    'A lk 3 ofd_setlk w 0 0 1; B lk 3 ofd_setlk w 0 1 1; A lk 3 ofd_setlkw w 0 1 1; B lk 3 ofd_setlkw w 0 0 1; A kill',
  ),
  two(
    'flock is not looked at',
    'A open g 102 666; B open g 2 0; A flock 3 2; B flock 4 2; A flock 4 2; B flock 3 2; A kill',
  ),
  three(
    'after a deadlock was refused, the others go on',
    'A lk 3 setlk r 0 0 0; B lk 3 setlk r 0 0 0; C lk 3 setlkw w 0 5 1; A lk 3 setlkw w 0 0 0; B lk 3 setlkw w 0 0 0; B close 3; A close 3',
  ),
];
