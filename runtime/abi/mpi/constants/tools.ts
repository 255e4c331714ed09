// Constants of the interface for tools, MPI_T_…

// Error classes.
export const MPI_T_ERR_CANNOT_INIT = 1001;
export const MPI_T_ERR_NOT_ACCESSIBLE = 1002;
export const MPI_T_ERR_NOT_INITIALIZED = 1003;
export const MPI_T_ERR_NOT_SUPPORTED = 1004;
export const MPI_T_ERR_MEMORY = 1005;
export const MPI_T_ERR_INVALID = 1006;
export const MPI_T_ERR_INVALID_INDEX = 1007;
export const MPI_T_ERR_INVALID_ITEM = 1008;
export const MPI_T_ERR_INVALID_SESSION = 1009;
export const MPI_T_ERR_INVALID_HANDLE = 1010;
export const MPI_T_ERR_INVALID_NAME = 1011;
export const MPI_T_ERR_OUT_OF_HANDLES = 1012;
export const MPI_T_ERR_OUT_OF_SESSIONS = 1013;
export const MPI_T_ERR_CVAR_SET_NOT_NOW = 1014;
export const MPI_T_ERR_CVAR_SET_NEVER = 1015;
export const MPI_T_ERR_PVAR_NO_WRITE = 1016;
export const MPI_T_ERR_PVAR_NO_STARTSTOP = 1017;
export const MPI_T_ERR_PVAR_NO_ATOMIC = 1018;

// Handles.
export const MPI_T_ENUM_NULL = 0;
export const MPI_T_CVAR_HANDLE_NULL = 0;
export const MPI_T_PVAR_SESSION_NULL = 0;
export const MPI_T_PVAR_HANDLE_NULL = 0;
export const MPI_T_PVAR_ALL_HANDLES = 1;

// What a callback may do.
export const MPI_T_CB_REQUIRE_NONE = 0x0;
export const MPI_T_CB_REQUIRE_MPI_RESTRICTED = 0x3;
export const MPI_T_CB_REQUIRE_THREAD_SAFE = 0xf;
export const MPI_T_CB_REQUIRE_ASYNC_SIGNAL_SAFE = 0x3f;

// Order of events.
export const MPI_T_SOURCE_ORDERED = 1;
export const MPI_T_SOURCE_UNORDERED = 2;

// For whom a variable is.
export const MPI_T_VERBOSITY_USER_BASIC = 0x9;
export const MPI_T_VERBOSITY_USER_DETAIL = 0xa;
export const MPI_T_VERBOSITY_USER_ALL = 0xc;
export const MPI_T_VERBOSITY_TUNER_BASIC = 0x11;
export const MPI_T_VERBOSITY_TUNER_DETAIL = 0x12;
export const MPI_T_VERBOSITY_TUNER_ALL = 0x14;
export const MPI_T_VERBOSITY_MPIDEV_BASIC = 0x21;
export const MPI_T_VERBOSITY_MPIDEV_DETAIL = 0x22;
export const MPI_T_VERBOSITY_MPIDEV_ALL = 0x24;

// What a variable belongs to.
export const MPI_T_BIND_NO_OBJECT = 1;
export const MPI_T_BIND_MPI_COMM = 2;
export const MPI_T_BIND_MPI_DATATYPE = 3;
export const MPI_T_BIND_MPI_ERRHANDLER = 4;
export const MPI_T_BIND_MPI_FILE = 5;
export const MPI_T_BIND_MPI_GROUP = 6;
export const MPI_T_BIND_MPI_OP = 7;
export const MPI_T_BIND_MPI_REQUEST = 8;
export const MPI_T_BIND_MPI_WIN = 9;
export const MPI_T_BIND_MPI_MESSAGE = 10;
export const MPI_T_BIND_MPI_INFO = 11;
export const MPI_T_BIND_MPI_SESSION = 12;

// Who may change a variable.
export const MPI_T_SCOPE_CONSTANT = 1;
export const MPI_T_SCOPE_READONLY = 2;
export const MPI_T_SCOPE_LOCAL = 3;
export const MPI_T_SCOPE_GROUP = 4;
export const MPI_T_SCOPE_GROUP_EQ = 5;
export const MPI_T_SCOPE_ALL = 6;
export const MPI_T_SCOPE_ALL_EQ = 7;

// Classes of performance variables.
export const MPI_T_PVAR_CLASS_STATE = 1;
export const MPI_T_PVAR_CLASS_LEVEL = 2;
export const MPI_T_PVAR_CLASS_SIZE = 3;
export const MPI_T_PVAR_CLASS_PERCENTAGE = 4;
export const MPI_T_PVAR_CLASS_HIGHWATERMARK = 5;
export const MPI_T_PVAR_CLASS_LOWWATERMARK = 6;
export const MPI_T_PVAR_CLASS_COUNTER = 7;
export const MPI_T_PVAR_CLASS_AGGREGATE = 8;
export const MPI_T_PVAR_CLASS_TIMER = 9;
export const MPI_T_PVAR_CLASS_GENERIC = 10;
