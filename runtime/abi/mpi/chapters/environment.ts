// Start and end, time, memory, error handlers.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const ENVIRONMENT_FUNCTIONS = {
  MPI_Init: ['out int argc, arguments argv', 'Starts MPI.', 'waits attaches'],
  MPI_Init_thread: [
    'out int argc, arguments argv, int required, out int provided',
    'Starts MPI for threads; tells what is provided.',
    'waits attaches',
  ],
  MPI_Finalize: ['', 'Ends MPI.', 'waits'],
  MPI_Initialized: ['flag', 'Tells whether MPI has been started.'],
  MPI_Finalized: ['flag', 'Tells whether MPI has been ended.'],
  MPI_Query_thread: ['out int provided', 'Tells what is provided for threads.'],
  MPI_Is_thread_main: ['flag', 'Tells whether the thread is the one that started MPI.'],
  MPI_Abort: ['comm, errorcode', 'Ends all processes of a communicator.'],
  MPI_Wtime: ['', 'Gives the time in seconds since some moment.'],
  MPI_Wtick: ['', 'Gives the resolution of MPI_Wtime in seconds.'],
  MPI_Get_processor_name: ['out char name, out int resultlen', 'Tells the name of where the process runs.'],
  MPI_Get_hw_resource_info: ['out Info hw_info', 'Gives an info about the hardware.'],
  MPI_Abi_get_info: ['out Info info', 'Gives an info about the ABI.'],
  MPI_Abi_get_fortran_info: ['out Info info', 'Gives an info about the ABI of Fortran.'],
  MPI_Abi_set_fortran_info: ['info', 'Sets an info about the ABI of Fortran.'],
  MPI_Abi_get_fortran_booleans: [
    'int logical_size, out logical_true, out logical_false, out int is_set',
    'Gives what true and false are in Fortran.',
  ],
  MPI_Abi_set_fortran_booleans: [
    'int logical_size, out logical_true, out logical_false',
    'Sets what true and false are in Fortran.',
  ],
  MPI_Alloc_mem: ['Aint size, info, out baseptr', 'Allocates memory.'],
  MPI_Free_mem: ['address base', 'Frees memory that MPI_Alloc_mem gave.'],
  MPI_Error_class: ['errorcode, out int errorclass', 'Tells the class of an error code.'],
  MPI_Error_string: ['errorcode, out char string, out int resultlen', 'Tells the text of an error code.'],
  MPI_Add_error_class: ['out int errorclass', 'Makes an error class.'],
  MPI_Add_error_code: ['int errorclass, out int errorcode', 'Makes an error code of a class.'],
  MPI_Add_error_string: ['errorcode, in char string', 'Sets the text of an error code.'],
  MPI_Remove_error_class: ['int errorclass', 'Removes an error class of the program.'],
  MPI_Remove_error_code: ['errorcode', 'Removes an error code of the program.'],
  MPI_Remove_error_string: ['errorcode', 'Removes the text of an error code of the program.'],
  MPI_Comm_create_errhandler: [
    'fn Comm_errhandler_function comm_errhandler_fn, out Errhandler errhandler',
    'Makes an error handler for communicators.',
  ],
  MPI_Comm_set_errhandler: ['comm, errhandler', 'Sets the error handler of a communicator.'],
  MPI_Comm_get_errhandler: ['comm, out Errhandler errhandler', 'Gives the error handler of a communicator.'],
  MPI_Comm_call_errhandler: ['comm, errorcode', 'Calls the error handler of a communicator.'],
  MPI_Errhandler_free: ['out Errhandler errhandler', 'Frees an error handler.'],
} as const satisfies Chapter;
