// Windows: memory that other processes read and write.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const ONE_SIDED_FUNCTIONS = {
  MPI_Win_create: [
    'out base, Aint size, displ disp_unit, info, comm, out Win win',
    'Makes a window of memory that the process has.',
    'waits large',
  ],
  MPI_Win_allocate: [
    'Aint size, displ disp_unit, info, comm, out baseptr, out Win win',
    'Makes a window of new memory.',
    'waits large',
  ],
  MPI_Win_allocate_shared: [
    'Aint size, displ disp_unit, info, comm, out baseptr, out Win win',
    'Makes a window of new memory that all processes reach.',
    'waits large',
  ],
  MPI_Win_create_dynamic: ['info, comm, out Win win', 'Makes a window to which memory is attached later.', 'waits'],
  MPI_Win_attach: ['win, out base, Aint size', 'Attaches memory to a window.'],
  MPI_Win_detach: ['win, in base', 'Takes memory from a window.'],
  MPI_Win_free: ['out Win win', 'Frees a window.', 'waits'],
  MPI_Win_shared_query: [
    'win, rank rank, out Aint size, out displ disp_unit, out baseptr',
    'Tells where the memory of a process is in a shared window.',
    'large',
  ],
  MPI_Win_get_group: ['win, out Group group', 'Gives the group of a window.'],
  MPI_Win_set_info: ['win, info', 'Sets hints for a window.'],
  MPI_Win_get_info: ['win, info_used', 'Gives the hints of a window.'],
  MPI_Win_set_name: ['win, in char win_name', 'Names a window.'],
  MPI_Win_get_name: ['win, out char win_name, out int resultlen', 'Tells the name of a window.'],
  MPI_Win_create_keyval: [
    'fn Win_copy_attr_function win_copy_attr_fn, fn Win_delete_attr_function win_delete_attr_fn, out int win_keyval, extra_state',
    'Makes a key for attributes of windows.',
  ],
  MPI_Win_free_keyval: ['out int win_keyval', 'Frees a key for attributes of windows.'],
  MPI_Win_set_attr: ['win, int win_keyval, address attribute_val', 'Sets an attribute of a window.'],
  MPI_Win_get_attr: ['win, int win_keyval, out attribute_val, flag', 'Gives an attribute of a window.'],
  MPI_Win_delete_attr: ['win, int win_keyval', 'Deletes an attribute of a window.'],
  MPI_Win_create_errhandler: [
    'fn Win_errhandler_function win_errhandler_fn, out Errhandler errhandler',
    'Makes an error handler for windows.',
  ],
  MPI_Win_set_errhandler: ['win, errhandler', 'Sets the error handler of a window.'],
  MPI_Win_get_errhandler: ['win, out Errhandler errhandler', 'Gives the error handler of a window.'],
  MPI_Win_call_errhandler: ['win, errorcode', 'Calls the error handler of a window.'],
  MPI_Win_fence: ['assert, win', 'Ends an epoch of all processes of a window, and begins the next.', 'waits'],
  MPI_Win_start: ['group, assert, win', 'Begins an epoch of access to the windows of a group.', 'waits'],
  MPI_Win_complete: ['win', 'Ends an epoch of access.', 'waits'],
  MPI_Win_post: ['group, assert, win', 'Begins an epoch in which a group reaches the window.'],
  MPI_Win_wait: ['win', 'Waits for the end of an epoch in which a group reaches the window.', 'waits'],
  MPI_Win_test: ['win, flag', 'Tells whether an epoch in which a group reaches the window is over.'],
  MPI_Win_lock: [
    'int lock_type, rank rank, assert, win',
    'Begins an epoch of access to the window of one process.',
    'waits',
  ],
  MPI_Win_unlock: ['rank rank, win', 'Ends an epoch of access to the window of one process.', 'waits'],
  MPI_Win_lock_all: ['assert, win', 'Begins an epoch of access to the windows of all.', 'waits'],
  MPI_Win_unlock_all: ['win', 'Ends an epoch of access to the windows of all.', 'waits'],
  MPI_Win_flush: ['rank rank, win', 'Waits until what was done to the window of a process is complete.', 'waits'],
  MPI_Win_flush_all: ['win', 'Waits until what was done to all windows is complete.', 'waits'],
  MPI_Win_flush_local: [
    'rank rank, win',
    'Waits until the buffers of what was done to the window of a process can be used again.',
    'waits',
  ],
  MPI_Win_flush_local_all: [
    'win',
    'Waits until the buffers of what was done to all windows can be used again.',
    'waits',
  ],
  MPI_Win_sync: ['win', 'Makes the copies of a window the same.'],
  MPI_Put: [
    'in origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, win',
    'Writes to the window of a process.',
    'large',
  ],
  MPI_Get: [
    'out origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, win',
    'Reads from the window of a process.',
    'large',
  ],
  MPI_Accumulate: [
    'in origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, op, win',
    'Combines with the window of a process.',
    'large',
  ],
  MPI_Get_accumulate: [
    'in origin_addr, origin_count, origin_datatype, out result_addr, count result_count, Datatype result_datatype, target_rank, target_disp, target_count, target_datatype, op, win',
    'Reads from the window of a process, then combines with it.',
    'large',
  ],
  MPI_Fetch_and_op: [
    'in origin_addr, out result_addr, datatype, target_rank, target_disp, op, win',
    'Reads one element from the window of a process, then combines with it.',
  ],
  MPI_Compare_and_swap: [
    'in origin_addr, in compare_addr, out result_addr, datatype, target_rank, target_disp, win',
    'Reads one element from the window of a process, and replaces it if it is as expected.',
  ],
  MPI_Rput: [
    'in origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, win, request',
    'As MPI_Put, with a request.',
    'large',
  ],
  MPI_Rget: [
    'out origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, win, request',
    'As MPI_Get, with a request.',
    'large',
  ],
  MPI_Raccumulate: [
    'in origin_addr, origin_count, origin_datatype, target_rank, target_disp, target_count, target_datatype, op, win, request',
    'As MPI_Accumulate, with a request.',
    'large',
  ],
  MPI_Rget_accumulate: [
    'in origin_addr, origin_count, origin_datatype, out result_addr, count result_count, Datatype result_datatype, target_rank, target_disp, target_count, target_datatype, op, win, request',
    'As MPI_Get_accumulate, with a request.',
    'large',
  ],
} as const satisfies Chapter;
