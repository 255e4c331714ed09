// Messages between two processes, requests, and what is known of them.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const POINT_TO_POINT_FUNCTIONS = {
  MPI_Send: [
    'in buf, count, datatype, dest, tag, comm',
    'Sends a message; the buffer can be used again after it.',
    'waits large',
  ],
  MPI_Recv: ['out buf, count, datatype, source, tag, comm, status', 'Receives a message into a buffer.', 'waits large'],
  MPI_Ssend: [
    'in buf, count, datatype, dest, tag, comm',
    'Sends a message; returns when its receive has begun.',
    'waits large',
  ],
  MPI_Bsend: [
    'in buf, count, datatype, dest, tag, comm',
    'Sends a message through the attached buffer, without waiting for its receive.',
    'large',
  ],
  MPI_Rsend: [
    'in buf, count, datatype, dest, tag, comm',
    'Sends a message whose receive has been posted.',
    'waits large',
  ],
  MPI_Sendrecv: [
    'sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm, status',
    'Sends a message and receives another, at once.',
    'waits large',
  ],
  MPI_Sendrecv_replace: [
    'out buf, count, datatype, dest, sendtag, source, recvtag, comm, status',
    'Sends a message and receives another into the same buffer.',
    'waits large',
  ],
  MPI_Isend: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Starts to send a message; gives a request.',
    'large',
  ],
  MPI_Issend: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Starts to send a message; the request is complete when its receive has begun.',
    'large',
  ],
  MPI_Ibsend: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Starts to send a message through the attached buffer.',
    'large',
  ],
  MPI_Irsend: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Starts to send a message whose receive has been posted.',
    'large',
  ],
  MPI_Irecv: [
    'out buf, count, datatype, source, tag, comm, request',
    'Starts to receive a message; gives a request.',
    'large',
  ],
  MPI_Isendrecv: [
    'sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm, request',
    'Starts to send a message and to receive another; gives one request.',
    'large',
  ],
  MPI_Isendrecv_replace: [
    'out buf, count, datatype, dest, sendtag, source, recvtag, comm, request',
    'Starts to send a message and to receive another into the same buffer; gives one request.',
    'large',
  ],
  MPI_Send_init: ['in buf, count, datatype, dest, tag, comm, request', 'Makes a persistent request to send.', 'large'],
  MPI_Ssend_init: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Makes a persistent request to send and to be complete when the receive has begun.',
    'large',
  ],
  MPI_Bsend_init: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Makes a persistent request to send through the attached buffer.',
    'large',
  ],
  MPI_Rsend_init: [
    'in buf, count, datatype, dest, tag, comm, request',
    'Makes a persistent request to send when the receive has been posted.',
    'large',
  ],
  MPI_Recv_init: [
    'out buf, count, datatype, source, tag, comm, request',
    'Makes a persistent request to receive.',
    'large',
  ],
  MPI_Start: ['request', 'Starts a persistent request.'],
  MPI_Startall: ['int count, out Request[] array_of_requests', 'Starts some persistent requests.'],
  MPI_Wait: ['request, status', 'Waits until a request is complete.', 'waits'],
  MPI_Waitall: [
    'int count, out Request[] array_of_requests, out Status[] array_of_statuses',
    'Waits until all of some requests are complete.',
    'waits',
  ],
  MPI_Waitany: [
    'int count, out Request[] array_of_requests, out int indx, status',
    'Waits until one of some requests is complete.',
    'waits',
  ],
  MPI_Waitsome: [
    'int incount, out Request[] array_of_requests, out int outcount, out int[] array_of_indices, out Status[] array_of_statuses',
    'Waits until at least one of some requests is complete; gives all that are.',
    'waits',
  ],
  MPI_Test: ['request, flag, status', 'Tells whether a request is complete; frees it if so.'],
  MPI_Testall: [
    'int count, out Request[] array_of_requests, flag, out Status[] array_of_statuses',
    'Tells whether all of some requests are complete; frees them if so.',
  ],
  MPI_Testany: [
    'int count, out Request[] array_of_requests, out int indx, flag, status',
    'Tells whether one of some requests is complete; frees it if so.',
  ],
  MPI_Testsome: [
    'int incount, out Request[] array_of_requests, out int outcount, out int[] array_of_indices, out Status[] array_of_statuses',
    'Tells which of some requests are complete; frees these.',
  ],
  MPI_Request_free: ['request', 'Frees a request; what it has started goes on.'],
  MPI_Request_get_status: [
    'Request request, flag, status',
    'Tells whether a request is complete, which stays as it is.',
  ],
  MPI_Request_get_status_all: [
    'int count, in Request[] array_of_requests, flag, out Status[] array_of_statuses',
    'Tells whether all of some requests are complete, which stay as they are.',
  ],
  MPI_Request_get_status_any: [
    'int count, in Request[] array_of_requests, out int indx, flag, status',
    'Tells whether one of some requests is complete, which stays as it is.',
  ],
  MPI_Request_get_status_some: [
    'int incount, in Request[] array_of_requests, out int outcount, out int[] array_of_indices, out Status[] array_of_statuses',
    'Tells which of some requests are complete, which stay as they are.',
  ],
  MPI_Cancel: ['request', 'Marks a request to be cancelled.'],
  MPI_Test_cancelled: ['in Status status, flag', 'Tells whether the request of a status was cancelled.'],
  MPI_Probe: ['source, tag, comm, status', 'Waits for a message that would be received; gives its status.', 'waits'],
  MPI_Iprobe: ['source, tag, comm, flag, status', 'Tells whether there is a message that would be received.'],
  MPI_Mprobe: [
    'source, tag, comm, out Message message, status',
    'Waits for a message and takes it, for MPI_Mrecv; gives its status.',
    'waits',
  ],
  MPI_Improbe: [
    'source, tag, comm, flag, out Message message, status',
    'Takes a message, for MPI_Mrecv, if there is one.',
  ],
  MPI_Mrecv: [
    'out buf, count, datatype, out Message message, status',
    'Receives a message that a probe took.',
    'waits large',
  ],
  MPI_Imrecv: [
    'out buf, count, datatype, out Message message, request',
    'Starts to receive a message that a probe took; gives a request.',
    'large',
  ],
  MPI_Get_count: [
    'in Status status, datatype, out count count',
    'Tells how many elements of a datatype came with a message.',
    'large',
  ],
  MPI_Get_elements: [
    'in Status status, datatype, out count count',
    'Tells how many basic elements came with a message.',
    'large',
  ],
  MPI_Get_elements_x: [
    'in Status status, datatype, out Count count',
    'Tells how many basic elements came with a message, as MPI_Count.',
  ],
  MPI_Status_set_cancelled: ['status, int flag', 'Marks a status as that of a cancelled request.'],
  MPI_Status_set_elements: ['status, datatype, count', 'Sets how many elements a status counts.', 'large'],
  MPI_Status_set_elements_x: ['status, datatype, Count count', 'Sets how many elements a status counts, as MPI_Count.'],
  MPI_Buffer_attach: ['address buffer, count size', 'Gives the buffer that MPI_Bsend uses.', 'large'],
  MPI_Buffer_detach: [
    'out buffer_addr, out count size',
    'Takes the buffer of MPI_Bsend back, when all in it has been sent.',
    'waits large',
  ],
  MPI_Buffer_flush: ['', 'Waits until all in the buffer of MPI_Bsend has been sent.', 'waits'],
  MPI_Buffer_iflush: ['request', 'Starts to wait until all in the buffer of MPI_Bsend has been sent.'],
  MPI_Comm_attach_buffer: [
    'comm, address buffer, count size',
    'Gives the buffer that MPI_Bsend uses on a communicator.',
    'large',
  ],
  MPI_Comm_detach_buffer: [
    'comm, out buffer_addr, out count size',
    'Takes the buffer of a communicator back, when all in it has been sent.',
    'waits large',
  ],
  MPI_Comm_flush_buffer: ['comm', 'Waits until all in the buffer of a communicator has been sent.', 'waits'],
  MPI_Comm_iflush_buffer: ['comm, request', 'Starts to wait until all in the buffer of a communicator has been sent.'],
  MPI_Grequest_start: [
    'fn Grequest_query_function query_fn, fn Grequest_free_function free_fn, fn Grequest_cancel_function cancel_fn, extra_state, request',
    'Makes a request that the program itself completes.',
  ],
  MPI_Grequest_complete: ['Request request', "Completes a request of the program's own."],
} as const satisfies Chapter;
