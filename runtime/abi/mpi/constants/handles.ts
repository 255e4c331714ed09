// Handles of the other predefined objects, kind by kind. None of 0 is one, so that a handle that was never set is found out.

// Communicators.
export const MPI_COMM_NULL = 0x100;
export const MPI_COMM_WORLD = 0x101;
export const MPI_COMM_SELF = 0x102;

// Groups.
export const MPI_GROUP_NULL = 0x108;
export const MPI_GROUP_EMPTY = 0x109;

// Windows.
export const MPI_WIN_NULL = 0x110;

// Files.
export const MPI_FILE_NULL = 0x118;

// Sessions.
export const MPI_SESSION_NULL = 0x120;

// Matched messages.
export const MPI_MESSAGE_NULL = 0x128;
export const MPI_MESSAGE_NO_PROC = 0x129;

// Infos.
export const MPI_INFO_NULL = 0x130;
export const MPI_INFO_ENV = 0x131;

// Error handlers.
export const MPI_ERRHANDLER_NULL = 0x140;
export const MPI_ERRORS_ARE_FATAL = 0x141;
export const MPI_ERRORS_ABORT = 0x142;
export const MPI_ERRORS_RETURN = 0x143;

// Requests.
export const MPI_REQUEST_NULL = 0x180;
