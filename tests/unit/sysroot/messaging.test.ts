// <mpi.h> and the stubs of libmpi, as they are rendered from the tables of MPI's functions.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MPI_CHAPTERS, MPI_GUEST_FUNCTIONS } from '../../../runtime/abi/mpi/described.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';
import { renderHeader, renderNumbers, renderStubs } from '../../../tools/sysroot/messaging.ts';

const header = renderHeader(readFileSync('personalities/messaging/sysroot/include/mpi.h.in', 'utf8'));
const stubs = renderStubs();

/** As the MPI standard prints them (4.0, annex A.2), but for spaces. */
const BINDINGS = [
  'int MPI_Send(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm);',
  'int MPI_Send_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm);',
  'int MPI_Waitsome(int incount, MPI_Request array_of_requests[], int *outcount, int array_of_indices[], MPI_Status array_of_statuses[]);',
  'int MPI_Igatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request);',
  'int MPI_Barrier_init(MPI_Comm comm, MPI_Info info, MPI_Request *request);',
  'int MPI_Op_create(MPI_User_function *user_fn, int commute, MPI_Op *op);',
  'int MPI_Op_create_c(MPI_User_function_c *user_fn, int commute, MPI_Op *op);',
  'int MPI_Type_create_hvector_c(MPI_Count count, MPI_Count blocklength, MPI_Count stride, MPI_Datatype oldtype, MPI_Datatype *newtype);',
  'int MPI_Type_get_envelope_c(MPI_Datatype datatype, MPI_Count *num_integers, MPI_Count *num_addresses, MPI_Count *num_large_counts, MPI_Count *num_datatypes, int *combiner);',
  'int MPI_Group_range_incl(MPI_Group group, int n, int ranges[][3], MPI_Group *newgroup);',
  'int MPI_Comm_create_keyval(MPI_Comm_copy_attr_function *comm_copy_attr_fn, MPI_Comm_delete_attr_function *comm_delete_attr_fn, int *comm_keyval, void *extra_state);',
  'int MPI_Init(int *argc, char ***argv);',
  'double MPI_Wtime(void);',
  'MPI_Aint MPI_Aint_add(MPI_Aint base, MPI_Aint disp);',
  'int MPI_Get_address(const void *location, MPI_Aint *address);',
  'int MPI_Pcontrol(const int level, ...);',
  'MPI_Fint MPI_Comm_c2f(MPI_Comm handle);',
];

test('functions are declared as the standard has them', () => {
  const lines = header.split('\n');
  for (const binding of BINDINGS) expect(lines).toContain(binding);
});

test('each function is declared once, and once for profilers', () => {
  const all = [...MPI_CHAPTERS.flatMap(({ functions }) => functions), ...MPI_GUEST_FUNCTIONS];
  for (const { name } of all)
    for (const one of [name, `P${name}`]) expect([one, header.split(` ${one}(`).length - 1]).toEqual([one, 1]);
});

test('handles, numbers and pointers are constants of their types', () => {
  const lines = header.split('\n');
  for (const line of [
    '#define MPI_COMM_WORLD ((MPI_Comm)0x101)',
    '#define MPI_ERRORS_RETURN ((MPI_Errhandler)0x143)',
    '#define MPI_SUM ((MPI_Op)0x21)',
    '#define MPI_DOUBLE ((MPI_Datatype)0x214)',
    '#define MPI_ANY_SOURCE (-1)',
    '#define MPI_ERR_TRUNCATE 15',
    '#define MPI_IN_PLACE ((void *)1)',
    '#define MPI_STATUS_IGNORE ((MPI_Status *)0)',
  ])
    expect(lines).toContain(line);
  expect(header).not.toMatch(/^@/m);
});

test('each row but the one that attaches has a stub, which imports it', () => {
  for (const { name } of MPI_ROWS.slice(1)) expect(stubs.get(`${name}.c`)).toContain(`__import_name__("${name}")`);
  const importing = [...stubs.values()].filter((text) => text.includes('__import_name__'));
  expect(importing).toHaveLength(MPI_ROWS.length - 1);
});

test('a stub has both names, the weak one for MPI_', () => {
  expect(stubs.get('MPI_Comm_rank.c')).toBe(`// Generated from runtime/abi/mpi by tools/sysroot/messaging.ts.

#include <mpi.h>

__attribute__((__import_module__("mpi"), __import_name__("MPI_Comm_rank"))) int __MPI_Comm_rank(MPI_Comm comm, int *rank);

int PMPI_Comm_rank(MPI_Comm comm, int *rank)
{
	return __MPI_Comm_rank(comm, rank);
}

int MPI_Comm_rank(MPI_Comm comm, int *rank) __attribute__((__weak__, __alias__("PMPI_Comm_rank")));
`);
});

test('what starts MPI tells it first what the library serves, and what reduces brings the arithmetic', () => {
  const naming = (text: string) => [...stubs].filter(([, stub]) => stub.includes(text)).map(([name]) => name);
  expect(naming('__fusedos_mpi_attach();')).toEqual(['MPI_Init.c', 'MPI_Init_thread.c', 'MPI_Session_init.c']);
  expect(naming('__fusedos_mpi_reduce')).toContain('MPI_Iallreduce_c.c');
  expect(naming('__fusedos_mpi_reduce')).not.toContain('MPI_Bcast.c');
});

test('predefined handles are numbers for the arithmetic', () => {
  expect(renderNumbers()).toContain('\tN_MPI_MAXLOC = 0x39,\n');
});
