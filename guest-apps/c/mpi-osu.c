// What messages and collective operations take, size by size: latency, bandwidth one way and both, the rate of messages, and every collective
// operation by its name; with `i` before it the one that does not block, with `_init` after it the persistent one where MPI has that.
// Known answer: what arrives, of which each element tells whose it is; nothing else of the buffer is touched.
// Usage: mpi-osu [all | NAME[,NAME]… [LEAST_BYTES [MOST_BYTES [REPETITIONS]]]]
#include "report.h"
#include "ranks.h"

enum { WINDOW = 16, ELEMENT = sizeof(int32_t), UNTOUCHED = -1 };

// What a rank finds in block k of its receive buffer when an operation is over; the first rank is the root.
typedef enum {
  NOTHING,
  BLOCK_OF_ROOT,      // in block 0, the root's block 0
  BLOCKS_AT_ROOT,     // at the root only, block 0 of rank k
  OWN_BLOCK_OF_ROOT,  // in block 0, the root's block for this rank
  BLOCKS,             // block 0 of rank k
  OWN_BLOCKS,         // rank k's block for this rank
  SUM_AT_ROOT,        // at the root only, in block 0 the sum of all ranks' blocks 0
  SUM,                // in block 0 the sum of all ranks' blocks 0
  OWN_SUM,            // in block 0 the sum of all ranks' blocks for this one
  SUM_TO_HERE,        // in block 0 the sum of blocks 0 up to this rank
  SUM_BEFORE,         // the same without this rank; of the first one nothing is said
  BLOCK_OF_LAST,      // in block 0, block 0 of the rank before
} outcome;

typedef struct {
  const char *name;
  outcome outcome;
  void (*run)(void);
} operation;

static int rank, size;
static MPI_Comm ring;  // who is next to whom for operations among neighbours: each sends to the next rank
static int32_t *sent, *received;
static int count;               // elements of a block
static int *counts, *places;    // of all blocks, in elements
static int *byte_places;        // for alltoallw
static MPI_Datatype *types;
static MPI_Aint *wide_places;   // for neighbor_alltoallw
static long measured, wrong;

// MPICH 4.0 fails in its own second start of a scatter.
#if MPI_VERSION >= 4 && !defined(MPICH_VERSION)
#define HAS_PERSISTENT 1
#else
#define HAS_PERSISTENT 0
#endif
#define WORLD MPI_COMM_WORLD
#define NUMBER MPI_INT32_T

// Arguments are those of the call that blocks; the others have the same and some more.
#define OPERATIONS(X)                                                                                                     \
  X(barrier, Barrier, NOTHING, WORLD)                                                                                     \
  X(bcast, Bcast, BLOCK_OF_ROOT, rank == 0 ? sent : received, count, NUMBER, 0, WORLD)                                    \
  X(gather, Gather, BLOCKS_AT_ROOT, sent, count, NUMBER, received, count, NUMBER, 0, WORLD)                               \
  X(gatherv, Gatherv, BLOCKS_AT_ROOT, sent, count, NUMBER, received, counts, places, NUMBER, 0, WORLD)                    \
  X(scatter, Scatter, OWN_BLOCK_OF_ROOT, sent, count, NUMBER, received, count, NUMBER, 0, WORLD)                          \
  X(scatterv, Scatterv, OWN_BLOCK_OF_ROOT, sent, counts, places, NUMBER, received, count, NUMBER, 0, WORLD)               \
  X(allgather, Allgather, BLOCKS, sent, count, NUMBER, received, count, NUMBER, WORLD)                                    \
  X(allgatherv, Allgatherv, BLOCKS, sent, count, NUMBER, received, counts, places, NUMBER, WORLD)                         \
  X(alltoall, Alltoall, OWN_BLOCKS, sent, count, NUMBER, received, count, NUMBER, WORLD)                                  \
  X(alltoallv, Alltoallv, OWN_BLOCKS, sent, counts, places, NUMBER, received, counts, places, NUMBER, WORLD)              \
  X(alltoallw, Alltoallw, OWN_BLOCKS, sent, counts, byte_places, types, received, counts, byte_places, types, WORLD)      \
  X(reduce, Reduce, SUM_AT_ROOT, sent, received, count, NUMBER, MPI_SUM, 0, WORLD)                                        \
  X(allreduce, Allreduce, SUM, sent, received, count, NUMBER, MPI_SUM, WORLD)                                             \
  X(reduce_scatter, Reduce_scatter, OWN_SUM, sent, received, counts, NUMBER, MPI_SUM, WORLD)                              \
  X(reduce_scatter_block, Reduce_scatter_block, OWN_SUM, sent, received, count, NUMBER, MPI_SUM, WORLD)                   \
  X(scan, Scan, SUM_TO_HERE, sent, received, count, NUMBER, MPI_SUM, WORLD)                                               \
  X(exscan, Exscan, SUM_BEFORE, sent, received, count, NUMBER, MPI_SUM, WORLD)                                            \
  X(neighbor_allgather, Neighbor_allgather, BLOCK_OF_LAST, sent, count, NUMBER, received, count, NUMBER, ring)            \
  X(neighbor_allgatherv, Neighbor_allgatherv, BLOCK_OF_LAST, sent, count, NUMBER, received, counts, places, NUMBER, ring) \
  X(neighbor_alltoall, Neighbor_alltoall, BLOCK_OF_LAST, sent, count, NUMBER, received, count, NUMBER, ring)              \
  X(neighbor_alltoallv, Neighbor_alltoallv, BLOCK_OF_LAST, sent, counts, places, NUMBER, received, counts, places,        \
    NUMBER, ring)                                                                                                         \
  X(neighbor_alltoallw, Neighbor_alltoallw, BLOCK_OF_LAST, sent, counts, wide_places, types, received, counts,            \
    wide_places, types, ring)

#define RUN_BLOCKING(lower, upper, outcome, ...) \
  static void run_##lower(void) { MPI_##upper(__VA_ARGS__); }
#define RUN_NONBLOCKING(lower, upper, outcome, ...) \
  static void run_i##lower(void) {                  \
    MPI_Request request;                            \
    MPI_I##lower(__VA_ARGS__, &request);            \
    MPI_Wait(&request, MPI_STATUS_IGNORE);          \
  }
OPERATIONS(RUN_BLOCKING)
OPERATIONS(RUN_NONBLOCKING)

#if HAS_PERSISTENT
// Made when it is first run after `count` has changed; started each time.
static MPI_Request persistent = MPI_REQUEST_NULL;

#define RUN_PERSISTENT(lower, upper, outcome, ...)                                                        \
  static void run_##lower##_init(void) {                                                                  \
    if (persistent == MPI_REQUEST_NULL) MPI_##upper##_init(__VA_ARGS__, MPI_INFO_NULL, &persistent);      \
    MPI_Start(&persistent);                                                                               \
    MPI_Wait(&persistent, MPI_STATUS_IGNORE);                                                             \
  }
OPERATIONS(RUN_PERSISTENT)
#endif

#define BLOCKING(lower, upper, outcome, ...) {#lower, outcome, run_##lower},
#define NONBLOCKING(lower, upper, outcome, ...) {"i" #lower, outcome, run_i##lower},
#define PERSISTENT(lower, upper, outcome, ...) {#lower "_init", outcome, run_##lower##_init},
static const operation operations[] = {
    OPERATIONS(BLOCKING) OPERATIONS(NONBLOCKING)
#if HAS_PERSISTENT
        OPERATIONS(PERSISTENT)
#endif
};
enum { OPERATION_COUNT = sizeof operations / sizeof operations[0] };

// What the rank `of` sends in an element of a block. None is UNTOUCHED, nor are their sums.
static int32_t element(int of, int block, int index) { return of * 1000 + block * 37 + index % 1009 + 1; }

static int32_t sum_of(int end, int block, int index) {
  int32_t sum = 0;
  for (int of = 0; of < end; of++) sum += element(of, block, index);
  return sum;
}

static int32_t expected(outcome is, int block, int index) {
  bool first = block == 0;
  switch (is) {
    case NOTHING: return UNTOUCHED;
    case BLOCK_OF_ROOT: return first && rank != 0 ? element(0, 0, index) : UNTOUCHED;
    case BLOCKS_AT_ROOT: return rank == 0 ? element(block, 0, index) : UNTOUCHED;
    case OWN_BLOCK_OF_ROOT: return first ? element(0, rank, index) : UNTOUCHED;
    case BLOCKS: return element(block, 0, index);
    case OWN_BLOCKS: return element(block, rank, index);
    case SUM_AT_ROOT: return first && rank == 0 ? sum_of(size, 0, index) : UNTOUCHED;
    case SUM: return first ? sum_of(size, 0, index) : UNTOUCHED;
    case OWN_SUM: return first ? sum_of(size, rank, index) : UNTOUCHED;
    case SUM_TO_HERE: return first ? sum_of(rank + 1, 0, index) : UNTOUCHED;
    case SUM_BEFORE: return first && rank > 0 ? sum_of(rank, 0, index) : UNTOUCHED;
    case BLOCK_OF_LAST: return first ? element((rank + size - 1) % size, 0, index) : UNTOUCHED;
  }
  return UNTOUCHED;
}

static void check(outcome is) {
  for (int block = 0; block < size; block++)
    for (int i = 0; i < count; i++) {
      bool is_said = is != SUM_BEFORE || rank > 0 || block > 0;
      if (is_said && received[(size_t)block * (size_t)count + (size_t)i] != expected(is, block, i)) wrong++;
    }
}

// Blocks of so many elements, filled; the receive buffer is untouched.
static void lay_out(int elements) {
  count = elements;
  for (int block = 0; block < size; block++) {
    counts[block] = count, places[block] = block * count, byte_places[block] = ELEMENT * block * count;
    wide_places[block] = byte_places[block], types[block] = NUMBER;
    for (int i = 0; i < count; i++) sent[places[block] + i] = element(rank, block, i);
  }
  memset(received, UNTOUCHED, (size_t)size * (size_t)count * ELEMENT);
}

static void measure_operation(const operation *o, long least, long most, long repetitions) {
  if (rank == 0) printf("\n%s, %d ranks\n%10s %12s %12s %12s\n", o->name, size, "bytes", "us", "us, least", "us, most");
  for (long bytes = least; bytes <= most; bytes *= 4) {
    lay_out((int)(bytes / ELEMENT));
    o->run();
    check(o->outcome);
    double seconds = 0.0, all, low, high;
    for (long i = 0; i < repetitions; i++) {
      MPI_Barrier(WORLD);
      double start = MPI_Wtime();
      o->run();
      seconds += MPI_Wtime() - start;
    }
    seconds /= (double)repetitions;
    MPI_Reduce(&seconds, &all, 1, MPI_DOUBLE, MPI_SUM, 0, WORLD);
    MPI_Reduce(&seconds, &low, 1, MPI_DOUBLE, MPI_MIN, 0, WORLD);
    MPI_Reduce(&seconds, &high, 1, MPI_DOUBLE, MPI_MAX, 0, WORLD);
    if (rank == 0) printf("%10ld %12.2f %12.2f %12.2f\n", bytes, 1e6 * all / size, 1e6 * low, 1e6 * high);
    measured++;
#if HAS_PERSISTENT
    if (persistent != MPI_REQUEST_NULL) MPI_Request_free(&persistent);
#endif
    if (o->outcome == NOTHING) break;  // there is nothing that could have a size
  }
}

// Messages between two ranks, or in pairs of all.
typedef struct {
  const char *name;
  bool answers;    // each message waits for the one before to come back
  bool both_ways;
  bool all_pairs;  // the lower half of the ranks with the upper one; else only the first two ranks
} traffic;

static const traffic traffics[] = {
    {"latency", true, false, false},
    {"bandwidth", false, false, false},
    {"bibandwidth", false, true, false},
    {"rate", false, false, true},
};
enum { TRAFFIC_COUNT = sizeof traffics / sizeof traffics[0] };

static void back_and_forth(int bytes, int peer, bool begins) {
  if (begins) MPI_Send(sent, bytes, MPI_BYTE, peer, 0, WORLD);
  MPI_Recv(received, bytes, MPI_BYTE, peer, 0, WORLD, MPI_STATUS_IGNORE);
  if (!begins) MPI_Send(sent, bytes, MPI_BYTE, peer, 0, WORLD);
}

// A window of messages on their way at once; whoever has only received says that it has all.
static void window(int bytes, int peer, bool sends, bool receives) {
  MPI_Request requests[2 * WINDOW];
  int pending = 0;
  for (int i = 0; i < WINDOW && receives; i++)
    MPI_Irecv((char *)received + (size_t)i * (size_t)bytes, bytes, MPI_BYTE, peer, 0, WORLD, &requests[pending++]);
  for (int i = 0; i < WINDOW && sends; i++) MPI_Isend(sent, bytes, MPI_BYTE, peer, 0, WORLD, &requests[pending++]);
  MPI_Waitall(pending, requests, MPI_STATUSES_IGNORE);
  if (!sends) MPI_Send(NULL, 0, MPI_BYTE, peer, 1, WORLD);
  if (!receives) MPI_Recv(NULL, 0, MPI_BYTE, peer, 1, WORLD, MPI_STATUS_IGNORE);
}

static void check_messages(int bytes, int peer, int messages) {
  const uint8_t *from = (const uint8_t *)received;
  for (int message = 0; message < messages; message++)
    for (int i = 0; i < bytes; i++)
      if (*from++ != (uint8_t)(peer * 31 + i % 251)) wrong++;
}

// Returns the best bandwidth in MB/s.
static double measure_traffic(const traffic *t, long least, long most, long repetitions) {
  if (size < 2) {
    if (rank == 0) printf("\n%s: skipped, two ranks are wanted\n", t->name);
    return 0.0;
  }
  int pairs = t->all_pairs ? size / 2 : 1, peer = rank < pairs ? rank + pairs : rank - pairs;
  bool begins = rank < pairs, takes_part = rank < 2 * pairs;
  bool sends = begins || t->both_ways, receives = !begins || t->both_ways;
  double best = 0.0;
  if (rank == 0) {
    printf("\n%s, %d pair%s\n", t->name, pairs, pairs == 1 ? "" : "s");
    printf("%10s %12s %12s %12s\n", "bytes", "us", "MB/s", "messages/s");
  }
  for (long bytes = least; bytes <= most; bytes *= 4) {
    memset(received, UNTOUCHED, WINDOW * (size_t)bytes);
    for (long i = 0; i < bytes; i++) ((uint8_t *)sent)[i] = (uint8_t)(rank * 31 + i % 251);
    double start = 0.0;
    for (long i = -1; i < repetitions; i++) {
      if (i == 0) start = MPI_Wtime();  // the first one is cold
      if (i <= 0) MPI_Barrier(WORLD);
      if (!takes_part) continue;
      if (t->answers) back_and_forth((int)bytes, peer, begins);
      else window((int)bytes, peer, sends, receives);
    }
    double seconds = MPI_Wtime() - start, each = t->answers ? 2.0 : t->both_ways ? 2.0 * WINDOW : 1.0 * WINDOW;
    if (takes_part && (receives || t->answers)) check_messages((int)bytes, peer, t->answers ? 1 : WINDOW);
    measured++;
    double rate = takes_part && begins ? each * (double)repetitions / seconds : 0.0, rates;
    MPI_Reduce(&rate, &rates, 1, MPI_DOUBLE, MPI_SUM, 0, WORLD);
    if (rank != 0) continue;
    double bandwidth = 1e-6 * (double)bytes * rates;
    if (bandwidth > best) best = bandwidth;
    printf("%10ld %12.2f %12.1f %12.0f\n", bytes, 1e6 * pairs / rates, bandwidth, rates);
  }
  return best;
}

// Whether a name is among some that commas part.
static bool is_among(const char *name, const char *names) {
  size_t length = strlen(name);
  for (const char *at = names; at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

static bool is_known(const char *name) {
  bool known = false;
  for (int i = 0; i < TRAFFIC_COUNT; i++) known = known || strcmp(traffics[i].name, name) == 0;
  for (int i = 0; i < OPERATION_COUNT; i++) known = known || strcmp(operations[i].name, name) == 0;
  return known;
}

// Ends the job (status 2) when there is no such name.
static void require_names(const char *names) {
  char name[32];
  for (const char *at = names; *at != '\0'; at += strcspn(at, ",")) {
    at += *at == ',';
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ","), at);
    if (is_known(name)) continue;
    if (rank == 0) {
      fprintf(stderr, "mpi-osu: there is no '%s'; there are all", name);
      for (int i = 0; i < TRAFFIC_COUNT; i++) fprintf(stderr, " %s", traffics[i].name);
      for (int i = 0; i < OPERATION_COUNT; i++) fprintf(stderr, " %s", operations[i].name);
      fprintf(stderr, "\n");
    }
    exit(finish(2));
  }
}

static void make_ring(void) {
  int next = (rank + 1) % size, last = (rank + size - 1) % size;
  MPI_Dist_graph_create_adjacent(WORLD, 1, &last, MPI_UNWEIGHTED, 1, &next, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &ring);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(WORLD, &rank);
  MPI_Comm_size(WORLD, &size);
  const char *names = argc > 1 ? argv[1] : "all";
  bool all = strcmp(names, "all") == 0;
  long least = size_argument(argc, argv, 2, ELEMENT, ELEMENT, 1 << 22) / ELEMENT * ELEMENT;
  long most = size_argument(argc, argv, 3, least > 1 << 16 ? least : 1 << 16, least, 1 << 22);
  long repetitions = size_argument(argc, argv, 4, 20, 1, 1000000);
  if (!all) require_names(names);
  size_t blocks = (size_t)(size > WINDOW ? size : WINDOW);
  sent = allocate(blocks, (size_t)most), received = allocate(blocks, (size_t)most);
  counts = allocate((size_t)size, sizeof *counts), places = allocate((size_t)size, sizeof *places);
  byte_places = allocate((size_t)size, sizeof *byte_places), wide_places = allocate((size_t)size, sizeof *wide_places);
  types = allocate((size_t)size, sizeof *types);
  make_ring();
  double start = MPI_Wtime(), bandwidth = 0.0;
  for (int i = 0; i < TRAFFIC_COUNT; i++) {
    if (!all && !is_among(traffics[i].name, names)) continue;
    double best = measure_traffic(&traffics[i], least, most, repetitions);
    if (best > bandwidth) bandwidth = best;
  }
  for (int i = 0; i < OPERATION_COUNT; i++)
    if (all || is_among(operations[i].name, names)) measure_operation(&operations[i], least, most, repetitions);
  long all_wrong;
  MPI_Reduce(&wrong, &all_wrong, 1, MPI_LONG, MPI_SUM, 0, WORLD);
  int status = 0;
  if (rank == 0) {
    printf("\n");
    status = report("mpi-osu", most, (double)measured, all_wrong == 0, bandwidth, "MB/s", MPI_Wtime() - start);
  }
  MPI_Comm_free(&ring);
  return finish(status);
}
