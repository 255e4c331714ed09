// Operations of many kinds, on several communicators, all under way at once: all ranks begin the same ones in the same order, as drawn
// from a seed, and each completes what it has begun when and how it likes. Whatever takes a packet must let go on what waits for it.
#include "case.h"

enum { SEEDS = 12, OPERATIONS = 40, COMMUNICATORS = 4, LONGEST = 6000, REQUESTS = 2 };
enum kind {
  BARRIER, BROADCAST, ALLREDUCE, SCAN, GATHER, ALLTOALL, RING, SYNCHRONOUS_RING, PERSISTENT_ALLREDUCE, PERSISTENT_RING,
  BLOCKING_ALLREDUCE, BLOCKING_RING, PROBED_RING, KINDS
};

struct operation {
  enum kind kind;
  MPI_Comm comm;
  int rank, size; // in comm
  int seed, count, root, distance, tag;
  int *out, *in;
  int requests;
  MPI_Request request[REQUESTS];
};

static unsigned drawn, own;
static int draw(unsigned *state, int below) {
  *state = *state * 1664525u + 1013904223u;
  return (int)((*state >> 8) % (unsigned)below);
}

static int value(int seed, int from, int i) { return (seed * 31 + from * 1009 + i * 7) % 100003; }

static int behind(const struct operation *o) { return (o->rank + o->distance) % o->size; }
static int before(const struct operation *o) { return (o->rank + o->size - o->distance) % o->size; }

static void begin_operation(struct operation *o) {
  MPI_Request *request = o->request;
  int count = o->count;
  MPI_Status status;
  o->requests = 1;
  switch (o->kind) {
    case BARRIER: OK(MPI_Ibarrier(o->comm, request)); break;
    case BROADCAST:
      if (o->rank == o->root) memcpy(o->in, o->out, sizeof(int) * (size_t)count);
      OK(MPI_Ibcast(o->in, count, MPI_INT, o->root, o->comm, request));
      break;
    case ALLREDUCE: OK(MPI_Iallreduce(o->out, o->in, count, MPI_INT, MPI_SUM, o->comm, request)); break;
    case SCAN: OK(MPI_Iscan(o->out, o->in, count, MPI_INT, MPI_SUM, o->comm, request)); break;
    case GATHER: OK(MPI_Igather(o->out, count, MPI_INT, o->in, count, MPI_INT, o->root, o->comm, request)); break;
    case ALLTOALL: OK(MPI_Ialltoall(o->out, count, MPI_INT, o->in, count, MPI_INT, o->comm, request)); break;
    case RING:
    case SYNCHRONOUS_RING:
      o->requests = 2;
      OK(MPI_Irecv(o->in, count, MPI_INT, before(o), o->tag, o->comm, &request[0]));
      if (o->kind == RING) OK(MPI_Isend(o->out, count, MPI_INT, behind(o), o->tag, o->comm, &request[1]));
      else OK(MPI_Issend(o->out, count, MPI_INT, behind(o), o->tag, o->comm, &request[1]));
      break;
    case PERSISTENT_ALLREDUCE:
#if defined HAS_MPI_4_0 && !defined MPICH_VERSION // 4.0 of it loses them in MPI_Testall and MPI_Waitany
      OK(MPI_Allreduce_init(o->out, o->in, count, MPI_INT, MPI_SUM, o->comm, MPI_INFO_NULL, request));
      OK(MPI_Start(request));
#else
      OK(MPI_Iallreduce(o->out, o->in, count, MPI_INT, MPI_SUM, o->comm, request));
#endif
      break;
    case PERSISTENT_RING:
      o->requests = 2;
      OK(MPI_Send_init(o->out, count, MPI_INT, behind(o), o->tag, o->comm, &request[0]));
      OK(MPI_Recv_init(o->in, count, MPI_INT, before(o), o->tag, o->comm, &request[1]));
      OK(MPI_Startall(2, request));
      break;
    case BLOCKING_ALLREDUCE:
      o->requests = 0;
      OK(MPI_Allreduce(o->out, o->in, count, MPI_INT, MPI_SUM, o->comm));
      break;
    case BLOCKING_RING:
      o->requests = 0;
      OK(MPI_Sendrecv(o->out, count, MPI_INT, behind(o), o->tag, o->in, count, MPI_INT, before(o), o->tag, o->comm, &status));
      break;
    case PROBED_RING:
      OK(MPI_Isend(o->out, count, MPI_INT, behind(o), o->tag, o->comm, request));
      OK(MPI_Probe(before(o), o->tag, o->comm, &status));
      OK(MPI_Recv(o->in, count, MPI_INT, before(o), o->tag, o->comm, &status));
      break;
    case KINDS: break;
  }
}

// What stands at place i of what has come.
static int expected(const struct operation *o, int i) {
  int sum = 0;
  switch (o->kind) {
    case BARRIER:
    case KINDS: return 0;
    case BROADCAST: return value(o->seed, o->root, i);
    case ALLREDUCE:
    case PERSISTENT_ALLREDUCE:
    case BLOCKING_ALLREDUCE:
      for (int r = 0; r < o->size; r++) sum += value(o->seed, r, i);
      return sum;
    case SCAN:
      for (int r = 0; r <= o->rank; r++) sum += value(o->seed, r, i);
      return sum;
    case GATHER: return value(o->seed, i / o->count, i % o->count);
    case ALLTOALL: return value(o->seed, i / o->count, o->rank * o->count + i % o->count);
    case RING:
    case SYNCHRONOUS_RING:
    case PERSISTENT_RING:
    case BLOCKING_RING:
    case PROBED_RING: return value(o->seed, before(o), i);
  }
  return 0;
}

static int wrong(const struct operation *o) {
  int isAll = o->kind == ALLTOALL || (o->kind == GATHER && o->rank == o->root);
  int has = o->kind != BARRIER && !(o->kind == GATHER && o->rank != o->root);
  int bad = 0;
  for (int i = 0; has && i < o->count * (isAll ? o->size : 1); i++) bad += o->in[i] != expected(o, i);
  return bad;
}

static void complete_some(struct operation *o) {
  int flag;
  int way = draw(&own, 4);
  if (o->requests == 0) return;
  if (way == 0) OK(MPI_Test(&o->request[draw(&own, o->requests)], &flag, MPI_STATUS_IGNORE));
  if (way == 1) OK(MPI_Testall(o->requests, o->request, &flag, MPI_STATUSES_IGNORE));
  if (way == 2) OK(MPI_Wait(&o->request[draw(&own, o->requests)], MPI_STATUS_IGNORE));
  if (way == 3) OK(MPI_Waitall(o->requests, o->request, MPI_STATUSES_IGNORE));
}

// Requests of all operations in one array, and back.
static void complete_rest(struct operation *all, int count) {
  static MPI_Request requests[OPERATIONS * REQUESTS];
  static int done[OPERATIONS * REQUESTS];
  int n = 0, at = 0, some = 0;
  for (int o = 0; o < count; o++)
    for (int i = 0; i < all[o].requests; i++) requests[n++] = all[o].request[i];
  switch (draw(&own, 4)) {
    case 0: OK(MPI_Waitall(n, requests, MPI_STATUSES_IGNORE)); break;
    case 1:
      do OK(MPI_Waitany(n, requests, &at, MPI_STATUS_IGNORE));
      while (at != MPI_UNDEFINED);
      break;
    case 2:
      do OK(MPI_Waitsome(n, requests, &some, done, MPI_STATUSES_IGNORE));
      while (some != MPI_UNDEFINED);
      break;
    case 3:
      for (int i = n - 1; i >= 0; i--) OK(MPI_Wait(&requests[i], MPI_STATUS_IGNORE));
      break;
  }
  n = 0;
  for (int o = 0; o < count; o++)
    for (int i = 0; i < all[o].requests; i++) all[o].request[i] = requests[n++];
}

static int length(void) {
  int way = draw(&drawn, 8);
  return way == 0 ? 1 + draw(&drawn, LONGEST) : way < 3 ? 100 + draw(&drawn, 200) : 1 + draw(&drawn, 20);
}

CASE(mixed) {
  MPI_Comm comms[COMMUNICATORS] = {MPI_COMM_WORLD};
  OK(MPI_Comm_dup(MPI_COMM_WORLD, &comms[1]));
  OK(MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &comms[2]));
  OK(MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &comms[3]));
  for (int seed = 1; seed <= SEEDS; seed++) {
    static struct operation all[OPERATIONS];
    PART("mixed_%d", seed);
    drawn = (unsigned)seed * 7919u, own = (unsigned)(seed * 104729 + rank * 1299709);
    int bad = 0;
    for (int n = 0; n < OPERATIONS; n++) {
      struct operation *o = &all[n];
      // All is drawn by all ranks, whatever of it they need.
      int kind = draw(&drawn, KINDS), comm = draw(&drawn, COMMUNICATORS), count = length();
      int root = draw(&drawn, 1000), distance = draw(&drawn, 1000);
      *o = (struct operation){.kind = (enum kind)kind, .comm = comms[comm], .seed = seed * 100 + n, .count = count, .tag = n};
      OK(MPI_Comm_rank(o->comm, &o->rank));
      OK(MPI_Comm_size(o->comm, &o->size));
      o->root = root % o->size, o->distance = distance % o->size;
      size_t most = (size_t)count * (size_t)o->size;
      o->out = need_memory(sizeof(int) * most), o->in = need_memory(sizeof(int) * most);
      for (size_t i = 0; i < most; i++) o->out[i] = value(o->seed, o->rank, (int)i);
      begin_operation(o);
      for (int some = draw(&own, 3); some > 0; some--) complete_some(&all[draw(&own, n + 1)]);
    }
    complete_rest(all, OPERATIONS);
    for (int n = 0; n < OPERATIONS; n++) {
      bad += wrong(&all[n]);
      for (int i = 0; i < all[n].requests; i++)
        if (all[n].request[i] != MPI_REQUEST_NULL) OK(MPI_Request_free(&all[n].request[i]));
      free(all[n].out), free(all[n].in);
    }
    CHECK_IS(bad, 0);
  }
  for (int i = 1; i < COMMUNICATORS; i++) OK(MPI_Comm_free(&comms[i]));
}
