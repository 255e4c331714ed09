// Processes that start and meet while others run, sessions, and messages in parts.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const PROCESS_FUNCTIONS = {
  MPI_Comm_spawn: [
    'in char command, in strings argv, int maxprocs, info, root, comm, out Comm intercomm, out int[] array_of_errcodes',
    'Starts processes.',
    'waits',
  ],
  MPI_Comm_spawn_multiple: [
    'int count, in strings array_of_commands, in strings[] array_of_argv, in int[] array_of_maxprocs, in Info[] array_of_info, root, comm, out Comm intercomm, out int[] array_of_errcodes',
    'Starts processes of several programs.',
    'waits',
  ],
  MPI_Comm_get_parent: ['out Comm parent', 'Gives the communicator to those who started the process.'],
  MPI_Open_port: ['info, out char port_name', 'Makes a port to which others connect.'],
  MPI_Close_port: ['in char port_name', 'Closes a port.'],
  MPI_Comm_accept: ['in char port_name, info, root, comm, newcomm', 'Waits for others to connect to a port.', 'waits'],
  MPI_Comm_connect: ['in char port_name, info, root, comm, newcomm', 'Connects to a port.', 'waits'],
  MPI_Comm_join: ['int fd, out Comm intercomm', 'Makes a communicator of two processes with a socket.', 'waits'],
  MPI_Publish_name: ['in char service_name, info, in char port_name', 'Names a port.'],
  MPI_Unpublish_name: ['in char service_name, info, in char port_name', 'Takes the name of a port back.'],
  MPI_Lookup_name: ['in char service_name, info, out char port_name', 'Gives the port of a name.'],
  MPI_Session_init: ['info, errhandler, out Session session', 'Starts a session.', 'waits attaches'],
  MPI_Session_finalize: ['out Session session', 'Ends a session.', 'waits'],
  MPI_Session_get_num_psets: ['session, info, out int npset_names', 'Tells how many sets of processes there are.'],
  MPI_Session_get_nth_pset: [
    'session, info, n, out int pset_len, out char pset_name',
    'Tells the name of a set of processes.',
  ],
  MPI_Session_get_info: ['session, info_used', 'Gives the hints of a session.'],
  MPI_Session_get_pset_info: ['session, in char pset_name, out Info info', 'Gives an info about a set of processes.'],
  MPI_Group_from_session_pset: ['session, in char pset_name, newgroup', 'Makes a group of a set of processes.'],
  MPI_Session_create_errhandler: [
    'fn Session_errhandler_function session_errhandler_fn, out Errhandler errhandler',
    'Makes an error handler for sessions.',
  ],
  MPI_Session_set_errhandler: ['session, errhandler', 'Sets the error handler of a session.'],
  MPI_Session_get_errhandler: ['session, out Errhandler errhandler', 'Gives the error handler of a session.'],
  MPI_Session_call_errhandler: ['session, errorcode', 'Calls the error handler of a session.'],
  MPI_Session_attach_buffer: [
    'session, address buffer, count size',
    'Gives the buffer that MPI_Bsend uses in a session.',
    'large',
  ],
  MPI_Session_detach_buffer: [
    'session, out buffer_addr, out count size',
    'Takes the buffer of a session back, when all in it has been sent.',
    'waits large',
  ],
  MPI_Session_flush_buffer: ['session', 'Waits until all in the buffer of a session has been sent.', 'waits'],
  MPI_Session_iflush_buffer: ['session, request', 'Starts to wait until all in the buffer of a session has been sent.'],
  MPI_Psend_init: [
    'in buf, int partitions, count, datatype, dest, tag, comm, info, request',
    'Makes a persistent request to send in parts.',
    'large',
  ],
  MPI_Precv_init: [
    'out buf, int partitions, count, datatype, dest, tag, comm, info, request',
    'Makes a persistent request to receive in parts.',
    'large',
  ],
  MPI_Pready: ['int partition, Request request', 'Says that a part can be sent.'],
  MPI_Pready_range: [
    'int partition_low, int partition_high, Request request',
    'Says that a range of parts can be sent.',
  ],
  MPI_Pready_list: ['int length, in int[] array_of_partitions, Request request', 'Says that some parts can be sent.'],
  MPI_Parrived: ['Request request, int partition, flag', 'Tells whether a part has come.'],
} as const satisfies Chapter;
