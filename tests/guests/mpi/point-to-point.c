// Point to point: all modes, sizes round the limit of what goes at once, order, wildcards, probes, many messages, types on both sides.
#include "case.h"
#include "types.h"

static const MPI_Comm world = MPI_COMM_WORLD;
static const int SIZES[] = {0, 1, 4, 63, 64, 100, 255, 479, 480, 481, 496, 511, 512, 513, 1000, 4095, 4096, 4097, 65536, 1048576, 3000001};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static unsigned char pattern(int from, int i) { return (unsigned char)(from * 31 + i * 7 + (i >> 8)); }
static void fill(unsigned char *buffer, int length, int from) {
  for (int i = 0; i < length; i++) buffer[i] = pattern(from, i);
}
// How many bytes are not as `from` filled them, and how many beyond were touched.
static int wrong_bytes(const unsigned char *buffer, int length, int from, int room) {
  int wrong = 0;
  for (int i = 0; i < length; i++) wrong += buffer[i] != pattern(from, i);
  for (int i = length; i < room; i++) wrong += buffer[i] != 0x5a;
  return wrong;
}
static int count_of(MPI_Status *status, MPI_Datatype type) {
  int count = -1;
  MPI_Get_count(status, type, &count);
  return count;
}

enum mode { STANDARD, SYNCHRONOUS, BUFFERED, READY };
static const char *const MODE_NAMES[] = {"standard", "synchronous", "buffered", "ready"};

static int start_send(enum mode mode, const void *buffer, int count, int to, int tag, MPI_Request *request) {
  switch (mode) {
    case STANDARD: return MPI_Isend(buffer, count, MPI_BYTE, to, tag, world, request);
    case SYNCHRONOUS: return MPI_Issend(buffer, count, MPI_BYTE, to, tag, world, request);
    case BUFFERED: return MPI_Ibsend(buffer, count, MPI_BYTE, to, tag, world, request);
    default: return MPI_Irsend(buffer, count, MPI_BYTE, to, tag, world, request);
  }
}
static int send(enum mode mode, const void *buffer, int count, int to, int tag) {
  switch (mode) {
    case STANDARD: return MPI_Send(buffer, count, MPI_BYTE, to, tag, world);
    case SYNCHRONOUS: return MPI_Ssend(buffer, count, MPI_BYTE, to, tag, world);
    case BUFFERED: return MPI_Bsend(buffer, count, MPI_BYTE, to, tag, world);
    default: return MPI_Rsend(buffer, count, MPI_BYTE, to, tag, world);
  }
}
static int init_send(enum mode mode, const void *buffer, int count, int to, int tag, MPI_Request *request) {
  switch (mode) {
    case STANDARD: return MPI_Send_init(buffer, count, MPI_BYTE, to, tag, world, request);
    case SYNCHRONOUS: return MPI_Ssend_init(buffer, count, MPI_BYTE, to, tag, world, request);
    case BUFFERED: return MPI_Bsend_init(buffer, count, MPI_BYTE, to, tag, world, request);
    default: return MPI_Rsend_init(buffer, count, MPI_BYTE, to, tag, world, request);
  }
}

// Round the ring, received before the send so that ready mode is right; with one rank it is to itself.
CASE(ring_of) {
  int attached_size = 2 * 3000001 + 2 * MPI_BSEND_OVERHEAD;
  void *attached = need_memory((size_t)attached_size);
  OK(MPI_Buffer_attach(attached, attached_size));
  for (enum mode mode = STANDARD; mode <= READY; mode++)
    for (int s = 0; s < SIZE_COUNT; s++) {
      int length = SIZES[s];
      PART("ring_of_%s_sends_of_%d_bytes", MODE_NAMES[mode], length);
      unsigned char *out = need_memory((size_t)length), *in = need_memory((size_t)length + 16);
      fill(out, length, rank);
      MPI_Request requests[2];
      MPI_Status statuses[2];
      OK(MPI_Irecv(in, length + 16, MPI_BYTE, last_rank(), s, world, &requests[0]));
      MPI_Barrier(world);
      OK(start_send(mode, out, length, next_rank(), s, &requests[1]));
      OK(MPI_Waitall(2, requests, statuses));
      CHECK_IS(statuses[0].MPI_SOURCE, last_rank());
      CHECK_IS(statuses[0].MPI_TAG, s);
      CHECK_IS(count_of(&statuses[0], MPI_BYTE), length);
      CHECK_IS(wrong_bytes(in, length, last_rank(), length + 16), 0);
      CHECK(requests[0] == MPI_REQUEST_NULL && requests[1] == MPI_REQUEST_NULL);
      free(out), free(in);
    }
  void *detached;
  int detached_size;
  OK(MPI_Buffer_detach(&detached, &detached_size));
  CHECK(detached == attached && detached_size == attached_size);
  free(attached);
}

// Even ranks send first, odd ones receive first; an odd rank out only looks on.
CASE(pair_of) {
  NEED_RANKS(2);
  int attached_size = 2 * 3000001 + 2 * MPI_BSEND_OVERHEAD;
  void *attached = need_memory((size_t)attached_size);
  OK(MPI_Buffer_attach(attached, attached_size));
  int partner = rank ^ 1;
  for (enum mode mode = STANDARD; mode <= READY; mode++)
    for (int s = 0; s < SIZE_COUNT; s++) {
      int length = SIZES[s];
      PART("pair_of_blocking_%s_sends_of_%d_bytes", MODE_NAMES[mode], length);
      if (partner >= size) continue;
      unsigned char *out = need_memory((size_t)length), *in = need_memory((size_t)length + 16);
      fill(out, length, rank);
      MPI_Status status;
      MPI_Request request;
      // A ready send waits for word that its receive is posted.
      if (rank % 2 == 0) {
        if (mode == READY) OK(MPI_Recv(NULL, 0, MPI_BYTE, partner, 999, world, MPI_STATUS_IGNORE));
        OK(send(mode, out, length, partner, s));
        OK(MPI_Irecv(in, length + 16, MPI_BYTE, partner, s, world, &request));
        if (mode == READY) OK(MPI_Send(NULL, 0, MPI_BYTE, partner, 999, world));
        OK(MPI_Wait(&request, &status));
      } else {
        OK(MPI_Irecv(in, length + 16, MPI_BYTE, partner, s, world, &request));
        if (mode == READY) OK(MPI_Send(NULL, 0, MPI_BYTE, partner, 999, world));
        OK(MPI_Wait(&request, &status));
        if (mode == READY) OK(MPI_Recv(NULL, 0, MPI_BYTE, partner, 999, world, MPI_STATUS_IGNORE));
        OK(send(mode, out, length, partner, s));
      }
      CHECK_IS(status.MPI_SOURCE, partner);
      CHECK_IS(count_of(&status, MPI_BYTE), length);
      CHECK_IS(wrong_bytes(in, length, partner, length + 16), 0);
      free(out), free(in);
    }
  void *detached;
  int detached_size;
  OK(MPI_Buffer_detach(&detached, &detached_size));
  free(attached);
}

CASE(persistent) {
  int attached_size = 200000 + 4 * MPI_BSEND_OVERHEAD;
  void *attached = need_memory((size_t)attached_size);
  OK(MPI_Buffer_attach(attached, attached_size));
  static const int lengths[] = {0, 8, 480, 60000};
  for (enum mode mode = STANDARD; mode <= READY; mode++)
    for (int l = 0; l < 4; l++) {
      PART("persistent_%s_sends_of_%d_bytes_five_times", MODE_NAMES[mode], lengths[l]);
      int length = lengths[l];
      unsigned char *out = need_memory((size_t)length), *in = need_memory((size_t)length + 16);
      MPI_Request requests[2];
      OK(MPI_Recv_init(in, length + 16, MPI_BYTE, last_rank(), l, world, &requests[0]));
      OK(init_send(mode, out, length, next_rank(), l, &requests[1]));
      for (int round = 0; round < 5; round++) {
        MPI_Status statuses[2];
        fill(out, length, rank + round);
        memset(in, 0x5a, (size_t)length + 16);
        OK(MPI_Start(&requests[0]));
        MPI_Barrier(world);
        OK(MPI_Startall(1, &requests[1]));
        OK(MPI_Waitall(2, requests, statuses));
        CHECK(requests[0] != MPI_REQUEST_NULL && requests[1] != MPI_REQUEST_NULL);
        CHECK_IS(count_of(&statuses[0], MPI_BYTE), length);
        CHECK_IS(wrong_bytes(in, length, last_rank() + round, length + 16), 0);
      }
      // An inactive one is complete and its status empty.
      MPI_Status status;
      OK(MPI_Wait(&requests[0], &status));
      CHECK_IS(status.MPI_SOURCE, MPI_ANY_SOURCE);
      CHECK_IS(status.MPI_TAG, MPI_ANY_TAG);
      CHECK_IS(count_of(&status, MPI_BYTE), 0);
      OK(MPI_Request_free(&requests[0]));
      OK(MPI_Request_free(&requests[1]));
      CHECK(requests[0] == MPI_REQUEST_NULL);
      free(out), free(in);
    }
  void *detached;
  int detached_size;
  OK(MPI_Buffer_detach(&detached, &detached_size));
  free(attached);
}

CASE(each_type) {
  for (int t = 0; t < TYPE_COUNT; t++) {
    const struct number_type *type = &TYPES[t];
    PART("each_type_of_%s", type->name);
    char out[16 * 40], in[16 * 40], untouched[16 * 40];
    memset(in, 0x5a, sizeof in), memset(untouched, 0x5a, sizeof untouched);
    int count = (int)sizeof out / type->bytes - 2;
    if (count > 20) count = 20;
    for (int i = 0; i < count; i++) type->set(out, i, value_truth(rank, i));
    MPI_Status status;
    OK(MPI_Sendrecv(out, count, type->type, next_rank(), 5, in, count + 1, type->type, last_rank(), 5, world, &status));
    CHECK_IS(count_of(&status, type->type), count);
    for (int i = 0; i < count; i++) CHECK_IS(type->get(in, i), value_truth(last_rank(), i));
    CHECK(memcmp(in + count * type->bytes, untouched, sizeof in - (size_t)(count * type->bytes)) == 0);
    int bytes = -1;
    OK(MPI_Type_size(type->type, &bytes));
    CHECK_IS(bytes, type->bytes);
    MPI_Aint lower, extent;
    OK(MPI_Type_get_extent(type->type, &lower, &extent));
    CHECK(lower == 0 && extent == type->bytes);
    int elements = -1;
    OK(MPI_Get_elements(&status, type->type, &elements));
    CHECK_IS(elements, count);
  }
}

CASE(messages_keep_their_order) {
  enum { COUNT = 2000 };
  static int out[COUNT], in[COUNT];
  static MPI_Request requests[COUNT];
  for (int i = 0; i < COUNT; i++) out[i] = rank * COUNT + i, in[i] = -1;
  for (int i = 0; i < COUNT; i++) OK(MPI_Isend(&out[i], 1, MPI_INT, next_rank(), 3, world, &requests[i]));
  for (int i = 0; i < COUNT; i++) OK(MPI_Recv(&in[i], 1, MPI_INT, last_rank(), 3, world, MPI_STATUS_IGNORE));
  OK(MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE));
  for (int i = 0; i < COUNT; i++) CHECK_IS(in[i], last_rank() * COUNT + i);
}

CASE(short_and_long_messages_keep_their_order) {
  enum { COUNT = 60 };
  static unsigned char out[COUNT][20000], in[20000];
  MPI_Request requests[COUNT];
  for (int i = 0; i < COUNT; i++) {
    int length = i % 3 == 0 ? 20000 : i % 3 == 1 ? 10 : 500;
    fill(out[i], length, rank + i);
    OK(MPI_Isend(out[i], length, MPI_BYTE, next_rank(), 3, world, &requests[i]));
  }
  for (int i = 0; i < COUNT; i++) {
    int length = i % 3 == 0 ? 20000 : i % 3 == 1 ? 10 : 500;
    MPI_Status status;
    OK(MPI_Recv(in, sizeof in, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG, world, &status));
    CHECK_IS(status.MPI_SOURCE, last_rank());
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(wrong_bytes(in, length, last_rank() + i, length), 0);
  }
  OK(MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE));
}

CASE(tags_choose_against_the_order_of_arrival) {
  enum { COUNT = 100 };
  int out[COUNT], in;
  MPI_Request requests[COUNT];
  for (int i = 0; i < COUNT; i++) out[i] = i * i, OK(MPI_Isend(&out[i], 1, MPI_INT, next_rank(), i, world, &requests[i]));
  for (int i = COUNT - 1; i >= 0; i--) {
    OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), i, world, MPI_STATUS_IGNORE));
    CHECK_IS(in, i * i);
  }
  OK(MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE));
}

CASE(posted_receives_match_in_the_order_of_posting) {
  enum { COUNT = 50 };
  int in[COUNT];
  MPI_Request requests[COUNT];
  // Of wildcards and named ones the first that fits takes the message.
  for (int i = 0; i < COUNT; i++)
    OK(MPI_Irecv(&in[i], 1, MPI_INT, i % 2 ? last_rank() : MPI_ANY_SOURCE, i % 3 ? 8 : MPI_ANY_TAG, world, &requests[i]));
  for (int i = 0; i < COUNT; i++) OK(MPI_Send(&i, 1, MPI_INT, next_rank(), 8, world));
  OK(MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE));
  for (int i = 0; i < COUNT; i++) CHECK_IS(in[i], i);
}

CASE(any_source_takes_from_all) {
  MPI_Request *requests = need_memory((size_t)size * sizeof *requests);
  for (int r = 0; r < size; r++) OK(MPI_Isend(&rank, 1, MPI_INT, r, 40 + rank, world, &requests[r]));
  int seen = 0, from;
  for (int r = 0; r < size; r++) {
    MPI_Status status;
    OK(MPI_Recv(&from, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, world, &status));
    CHECK_IS(from, status.MPI_SOURCE);
    CHECK_IS(status.MPI_TAG, 40 + from);
    seen |= 1 << from;
  }
  CHECK_IS(seen, (1 << size) - 1);
  OK(MPI_Waitall(size, requests, MPI_STATUSES_IGNORE));
  free(requests);
}

CASE(any_tag_with_a_source_takes_only_of_that) {
  MPI_Request *requests = need_memory((size_t)size * sizeof *requests);
  for (int r = 0; r < size; r++) OK(MPI_Isend(&rank, 1, MPI_INT, r, rank, world, &requests[r]));
  for (int r = size - 1; r >= 0; r--) {
    int from = -1;
    MPI_Status status;
    OK(MPI_Recv(&from, 1, MPI_INT, r, MPI_ANY_TAG, world, &status));
    CHECK_IS(from, r);
    CHECK_IS(status.MPI_TAG, r);
  }
  OK(MPI_Waitall(size, requests, MPI_STATUSES_IGNORE));
  free(requests);
}

CASE(the_largest_tag_is_a_tag) {
  int *largest, is_there, in = 0;
  OK(MPI_Comm_get_attr(world, MPI_TAG_UB, &largest, &is_there));
  CHECK(is_there && *largest >= 32767);
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), *largest, &in, 1, MPI_INT, last_rank(), *largest, world, MPI_STATUS_IGNORE));
  CHECK_IS(in, last_rank());
}

CASE(proc_null) {
  int in = 77;
  MPI_Status status;
  MPI_Request request;
  PART("proc_null_takes_sends");
  OK(MPI_Send(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world));
  OK(MPI_Ssend(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world));
  OK(MPI_Isend(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  PART("proc_null_gives_an_empty_message");
  OK(MPI_Recv(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world, &status));
  CHECK_IS(in, 77);
  CHECK_IS(status.MPI_SOURCE, MPI_PROC_NULL);
  CHECK_IS(status.MPI_TAG, MPI_ANY_TAG);
  CHECK_IS(count_of(&status, MPI_INT), 0);
  PART("proc_null_gives_an_empty_message_later");
  OK(MPI_Irecv(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world, &request));
  OK(MPI_Wait(&request, &status));
  CHECK_IS(status.MPI_SOURCE, MPI_PROC_NULL);
  CHECK_IS(status.MPI_TAG, MPI_ANY_TAG);
  PART("proc_null_is_probed_at_once");
  int flag = 0;
  OK(MPI_Probe(MPI_PROC_NULL, 1, world, &status));
  CHECK_IS(status.MPI_SOURCE, MPI_PROC_NULL);
  OK(MPI_Iprobe(MPI_PROC_NULL, 1, world, &flag, &status));
  CHECK_IS(flag, 1);
  CHECK_IS(count_of(&status, MPI_INT), 0);
  PART("proc_null_is_matched_as_no_message");
  MPI_Message message = MPI_MESSAGE_NULL;
  OK(MPI_Mprobe(MPI_PROC_NULL, 1, world, &message, &status));
  CHECK(message == MPI_MESSAGE_NO_PROC);
  OK(MPI_Mrecv(&in, 1, MPI_INT, &message, &status));
  CHECK(message == MPI_MESSAGE_NULL && status.MPI_SOURCE == MPI_PROC_NULL && in == 77);
  PART("proc_null_in_sendrecv");
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, MPI_PROC_NULL, 1, &in, 1, MPI_INT, MPI_PROC_NULL, 1, world, &status));
  CHECK(in == 77 && status.MPI_SOURCE == MPI_PROC_NULL);
  PART("proc_null_persistently");
  OK(MPI_Recv_init(&in, 1, MPI_INT, MPI_PROC_NULL, 1, world, &request));
  for (int i = 0; i < 3; i++) {
    OK(MPI_Start(&request));
    OK(MPI_Wait(&request, &status));
    CHECK_IS(status.MPI_SOURCE, MPI_PROC_NULL);
  }
  OK(MPI_Request_free(&request));
}

CASE(sendrecv) {
  static const int lengths[] = {0, 1, 480, 481, 100000, 2000000};
  for (int l = 0; l < 6; l++) {
    PART("sendrecv_of_%d_bytes", lengths[l]);
    int length = lengths[l];
    unsigned char *out = need_memory((size_t)length), *in = need_memory((size_t)length + 16);
    fill(out, length, rank);
    MPI_Status status;
    OK(MPI_Sendrecv(out, length, MPI_BYTE, next_rank(), 1, in, length + 16, MPI_BYTE, last_rank(), 1, world, &status));
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(wrong_bytes(in, length, last_rank(), length + 16), 0);
    PART("sendrecv_replace_of_%d_bytes", length);
    OK(MPI_Sendrecv_replace(out, length, MPI_BYTE, next_rank(), 2, last_rank(), 2, world, &status));
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(wrong_bytes(out, length, last_rank(), length), 0);
    PART("isendrecv_of_%d_bytes", length);
    MPI_Request request;
    fill(out, length, rank + 1), memset(in, 0x5a, (size_t)length + 16);
    OK(MPI_Isendrecv(out, length, MPI_BYTE, next_rank(), 3, in, length + 16, MPI_BYTE, last_rank(), 3, world, &request));
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, length, last_rank() + 1, length + 16), 0);
    PART("isendrecv_replace_of_%d_bytes", length);
    OK(MPI_Isendrecv_replace(out, length, MPI_BYTE, next_rank(), 4, last_rank(), 4, world, &request));
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(out, length, last_rank() + 1, length), 0);
    free(out), free(in);
  }
}

CASE(probe) {
  static const int lengths[] = {0, 12, 480, 484, 200000};
  for (int l = 0; l < 5; l++) {
    PART("probe_of_%d_bytes_tells_source_tag_and_length", lengths[l]);
    int length = lengths[l];
    unsigned char *out = need_memory((size_t)length), *in = need_memory((size_t)length);
    fill(out, length, rank);
    MPI_Request request;
    MPI_Status status;
    OK(MPI_Isend(out, length, MPI_BYTE, next_rank(), 60 + l, world, &request));
    OK(MPI_Probe(MPI_ANY_SOURCE, 60 + l, world, &status));
    CHECK_IS(status.MPI_SOURCE, last_rank());
    CHECK_IS(status.MPI_TAG, 60 + l);
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(count_of(&status, MPI_INT), length / 4);
    // Again the same, because a probe takes nothing.
    OK(MPI_Probe(last_rank(), MPI_ANY_TAG, world, &status));
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    OK(MPI_Recv(in, length, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, length, last_rank(), length), 0);
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));

    PART("iprobe_of_%d_bytes_finds_it_at_last", length);
    int flag = 0;
    OK(MPI_Isend(out, length, MPI_BYTE, next_rank(), 70 + l, world, &request));
    while (!flag) OK(MPI_Iprobe(MPI_ANY_SOURCE, 70 + l, world, &flag, &status));
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    OK(MPI_Recv(in, length, MPI_BYTE, last_rank(), 70 + l, world, MPI_STATUS_IGNORE));
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));

    PART("mprobe_of_%d_bytes_takes_it_out", length);
    MPI_Message message;
    OK(MPI_Isend(out, length, MPI_BYTE, next_rank(), 80 + l, world, &request));
    OK(MPI_Mprobe(last_rank(), 80 + l, world, &message, &status));
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    OK(MPI_Iprobe(last_rank(), 80 + l, world, &flag, MPI_STATUS_IGNORE));
    CHECK_IS(flag, 0);
    memset(in, 0, (size_t)length);
    OK(MPI_Mrecv(in, length, MPI_BYTE, &message, &status));
    CHECK(message == MPI_MESSAGE_NULL);
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(wrong_bytes(in, length, last_rank(), length), 0);
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));

    PART("improbe_of_%d_bytes_and_imrecv", length);
    MPI_Request received;
    flag = 0;
    OK(MPI_Isend(out, length, MPI_BYTE, next_rank(), 90 + l, world, &request));
    while (!flag) OK(MPI_Improbe(MPI_ANY_SOURCE, 90 + l, world, &flag, &message, &status));
    memset(in, 0, (size_t)length);
    OK(MPI_Imrecv(in, length, MPI_BYTE, &message, &received));
    CHECK(message == MPI_MESSAGE_NULL);
    OK(MPI_Wait(&received, &status));
    CHECK_IS(status.MPI_SOURCE, last_rank());
    CHECK_IS(count_of(&status, MPI_BYTE), length);
    CHECK_IS(wrong_bytes(in, length, last_rank(), length), 0);
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    free(out), free(in);
  }
}

CASE(iprobe_finds_nothing_where_there_is_nothing) {
  int flag = 1;
  OK(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, world, &flag, MPI_STATUS_IGNORE));
  CHECK_IS(flag, 0);
  MPI_Message message;
  flag = 1;
  OK(MPI_Improbe(MPI_ANY_SOURCE, 3, world, &flag, &message, MPI_STATUS_IGNORE));
  CHECK_IS(flag, 0);
}

CASE(two_matched_messages_are_received_the_other_way_round) {
  int out[2] = {rank, rank + 100}, in[2];
  MPI_Request requests[2];
  MPI_Message messages[2];
  for (int i = 0; i < 2; i++) OK(MPI_Isend(&out[i], 1, MPI_INT, next_rank(), 1, world, &requests[i]));
  for (int i = 0; i < 2; i++) OK(MPI_Mprobe(last_rank(), 1, world, &messages[i], MPI_STATUS_IGNORE));
  OK(MPI_Mrecv(&in[1], 1, MPI_INT, &messages[1], MPI_STATUS_IGNORE));
  OK(MPI_Mrecv(&in[0], 1, MPI_INT, &messages[0], MPI_STATUS_IGNORE));
  CHECK_IS(in[0], last_rank());
  CHECK_IS(in[1], last_rank() + 100);
  OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
}

CASE(a_synchronous_send_ends_only_when_it_is_received) {
  MPI_Request request;
  int flag = 1, in;
  OK(MPI_Issend(&rank, 1, MPI_INT, next_rank(), 9, world, &request));
  for (int i = 0; i < 20; i++) {
    OK(MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
    CHECK_IS(flag, 0);
  }
  MPI_Barrier(world);
  OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), 9, world, MPI_STATUS_IGNORE));
  CHECK_IS(in, last_rank());
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
}

// Programs count on it, though the standard does not promise it: MPICH lets them up to 64 KiB, Open MPI up to 4.
CASE(all_may_send_first) {
  enum { LENGTH = 4000, ROUNDS = 50 };
  static unsigned char out[LENGTH], in[LENGTH];
  int wrong = 0;
  for (int round = 0; round < ROUNDS; round++) {
    int length = round % 2 ? LENGTH : 700;
    fill(out, length, rank + round);
    OK(MPI_Send(out, length, MPI_BYTE, next_rank(), round, world));
    memset(out, 0, sizeof out);
    OK(MPI_Recv(in, length, MPI_BYTE, last_rank(), round, world, MPI_STATUS_IGNORE));
    wrong += wrong_bytes(in, length, last_rank() + round, length);
  }
  CHECK_IS(wrong, 0);
}

CASE(all_may_begin_sends_first) {
  enum { LENGTH = 3000, COUNT = 20 };
  static unsigned char out[COUNT][LENGTH], in[LENGTH];
  MPI_Request requests[COUNT];
  for (int i = 0; i < COUNT; i++) {
    fill(out[i], LENGTH, rank + i);
    OK(MPI_Isend(out[i], LENGTH, MPI_BYTE, next_rank(), i, world, &requests[i]));
  }
  OK(MPI_Waitall(COUNT, requests, MPI_STATUSES_IGNORE));
  memset(out, 0, sizeof out);
  for (int i = COUNT - 1; i >= 0; i--) {
    OK(MPI_Recv(in, LENGTH, MPI_BYTE, last_rank(), i, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, LENGTH, last_rank() + i, LENGTH), 0);
  }
}

// Of each two, one sends twice, and the other one asks for the second message alone.
CASE(all_may_send_to_those_who_ask_for_something_else) {
  enum { LENGTH = 4000 };
  static unsigned char out[LENGTH], in[LENGTH];
  int partner = rank ^ 1, flag = 0, second = 0;
  MPI_Request request;
  if (partner < size && rank < partner) {
    fill(out, LENGTH, rank);
    OK(MPI_Send(out, LENGTH, MPI_BYTE, partner, 0, world));
    OK(MPI_Send(&rank, 1, MPI_INT, partner, 1, world));
  } else if (partner < size) {
    OK(MPI_Irecv(&second, 1, MPI_INT, partner, 1, world, &request));
    while (!flag) OK(MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
    CHECK_IS(second, partner);
    OK(MPI_Recv(in, LENGTH, MPI_BYTE, partner, 0, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, LENGTH, partner, LENGTH), 0);
  }
}

CASE(a_buffered_send_ends_without_a_receiver) {
  enum { LENGTH = 50000 };
  int attached_size = 4 * (LENGTH + MPI_BSEND_OVERHEAD);
  unsigned char *attached = need_memory((size_t)attached_size), *out = need_memory(LENGTH), *in = need_memory(LENGTH);
  OK(MPI_Buffer_attach(attached, attached_size));
  for (int i = 0; i < 4; i++) {
    fill(out, LENGTH, rank + i);
    OK(MPI_Bsend(out, LENGTH, MPI_BYTE, next_rank(), 9, world));
    memset(out, 0, LENGTH);
  }
  MPI_Barrier(world);
  for (int i = 0; i < 4; i++) {
    OK(MPI_Recv(in, LENGTH, MPI_BYTE, last_rank(), 9, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, LENGTH, last_rank() + i, LENGTH), 0);
  }
  OK(MPI_Buffer_detach(&attached, &attached_size));
  free(attached), free(out), free(in);
}

CASE(the_buffer_of_buffered_sends_is_used_again_and_again) {
  enum { LENGTH = 1000 };
  int attached_size = 2 * (LENGTH + MPI_BSEND_OVERHEAD);
  unsigned char *attached = need_memory((size_t)attached_size), *out = need_memory(LENGTH), *in = need_memory(LENGTH);
  OK(MPI_Buffer_attach(attached, attached_size));
  for (int i = 0; i < 50; i++) {
    fill(out, LENGTH, rank + i);
    OK(MPI_Bsend(out, LENGTH, MPI_BYTE, next_rank(), 9, world));
    OK(MPI_Recv(in, LENGTH, MPI_BYTE, last_rank(), 9, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(in, LENGTH, last_rank() + i, LENGTH), 0);
    MPI_Barrier(world);
  }
  OK(MPI_Buffer_detach(&attached, &attached_size));
  free(attached), free(out), free(in);
}

CASE(detach_waits_for_what_is_buffered) {
  enum { LENGTH = 30000 };
  int attached_size = LENGTH + MPI_BSEND_OVERHEAD;
  unsigned char *attached = need_memory((size_t)attached_size), *out = need_memory(LENGTH), *in = need_memory(LENGTH);
  OK(MPI_Buffer_attach(attached, attached_size));
  fill(out, LENGTH, rank);
  MPI_Request request;
  OK(MPI_Irecv(in, LENGTH, MPI_BYTE, last_rank(), 9, world, &request));
  OK(MPI_Bsend(out, LENGTH, MPI_BYTE, next_rank(), 9, world));
  OK(MPI_Buffer_detach(&attached, &attached_size));
  memset(attached, 0, (size_t)attached_size);
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(wrong_bytes(in, LENGTH, last_rank(), LENGTH), 0);
  free(attached), free(out), free(in);
}

CASE(messages_to_oneself) {
  int out[3] = {1, 2, 3}, in[3] = {0};
  MPI_Request request;
  OK(MPI_Isend(out, 3, MPI_INT, rank, 4, world, &request));
  OK(MPI_Recv(in, 3, MPI_INT, rank, 4, world, MPI_STATUS_IGNORE));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK(in[0] == 1 && in[2] == 3);
  PART("messages_to_oneself_over_comm_self");
  OK(MPI_Irecv(in, 3, MPI_INT, 0, 4, MPI_COMM_SELF, &request));
  out[1] = 20;
  OK(MPI_Send(out, 3, MPI_INT, 0, 4, MPI_COMM_SELF));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(in[1], 20);
  PART("messages_to_oneself_of_4_megabytes");
  unsigned char *big = need_memory(4 << 20), *copy = need_memory(4 << 20);
  fill(big, 4 << 20, rank);
  OK(MPI_Isend(big, 4 << 20, MPI_BYTE, rank, 4, world, &request));
  OK(MPI_Recv(copy, 4 << 20, MPI_BYTE, rank, 4, world, MPI_STATUS_IGNORE));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(wrong_bytes(copy, 4 << 20, rank, 4 << 20), 0);
  free(big), free(copy);
  PART("messages_to_oneself_and_to_others_do_not_mix");
  int other = -1, self = -1;
  OK(MPI_Irecv(&other, 1, MPI_INT, 0, 6, MPI_COMM_SELF, &request));
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 6, &self, 1, MPI_INT, last_rank(), 6, world, MPI_STATUS_IGNORE));
  CHECK(other == -1 && self == last_rank());
  OK(MPI_Send(&out[0], 1, MPI_INT, 0, 6, MPI_COMM_SELF));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(other, 1);
}

CASE(a_hundred_thousand_messages_wait) {
  int count = size > 4 ? 10000 : 100000;
  MPI_Request *requests = need_memory((size_t)count * sizeof *requests);
  int *out = need_memory((size_t)count * sizeof *out), in;
  for (int i = 0; i < count; i++) out[i] = i ^ rank, OK(MPI_Isend(&out[i], 1, MPI_INT, next_rank(), 2, world, &requests[i]));
  MPI_Barrier(world);
  int wrong = 0;
  for (int i = 0; i < count; i++) {
    OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), 2, world, MPI_STATUS_IGNORE));
    wrong += in != (i ^ last_rank());
  }
  CHECK_IS(wrong, 0);
  OK(MPI_Waitall(count, requests, MPI_STATUSES_IGNORE));
  free(requests), free(out);
}

CASE(everybody_floods_the_first) {
  enum { COUNT = 3000, LENGTH = 300 };
  static unsigned char out[LENGTH], in[LENGTH];
  if (rank != 0) {
    for (int i = 0; i < COUNT; i++) {
      memset(out, i & 255, LENGTH);
      OK(MPI_Send(out, LENGTH, MPI_BYTE, 0, 2, world));
    }
    return;
  }
  int next[64] = {0};
  for (int i = 0; i < COUNT * (size - 1); i++) {
    MPI_Status status;
    OK(MPI_Recv(in, LENGTH, MPI_BYTE, MPI_ANY_SOURCE, 2, world, &status));
    int expected = next[status.MPI_SOURCE]++ & 255;
    CHECK(in[0] == expected && in[LENGTH - 1] == expected);
  }
}

CASE(everybody_to_everybody_at_once) {
  enum { EACH = 40 };
  int total = EACH * size;
  MPI_Request *requests = need_memory((size_t)total * 2 * sizeof *requests);
  int (*in)[150] = need_memory((size_t)total * sizeof *in), (*out)[150] = need_memory((size_t)total * sizeof *out);
  for (int r = 0; r < size; r++)
    for (int i = 0; i < EACH; i++) {
      int at = r * EACH + i;
      for (int k = 0; k < 150; k++) out[at][k] = rank * 10000 + i * 150 + k;
      OK(MPI_Irecv(in[at], 150, MPI_INT, r, i, world, &requests[at]));
      OK(MPI_Isend(out[at], i % 2 ? 150 : 20, MPI_INT, r, i, world, &requests[total + at]));
    }
  OK(MPI_Waitall(2 * total, requests, MPI_STATUSES_IGNORE));
  int wrong = 0;
  for (int r = 0; r < size; r++)
    for (int i = 0; i < EACH; i++)
      for (int k = 0; k < (i % 2 ? 150 : 20); k++) wrong += in[r * EACH + i][k] != r * 10000 + i * 150 + k;
  CHECK_IS(wrong, 0);
  free(requests), free(in), free(out);
}

CASE(cancel_of_a_receive_that_nothing_matches) {
  int in, is_cancelled = 0;
  MPI_Request request;
  MPI_Status status;
  OK(MPI_Irecv(&in, 1, MPI_INT, last_rank(), 12345, world, &request));
  OK(MPI_Cancel(&request));
  OK(MPI_Wait(&request, &status));
  OK(MPI_Test_cancelled(&status, &is_cancelled));
  CHECK_IS(is_cancelled, 1);
  // It takes no message any more.
  MPI_Barrier(world);
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 12345, &in, 1, MPI_INT, last_rank(), 12345, world, &status));
  CHECK_IS(in, last_rank());
  OK(MPI_Test_cancelled(&status, &is_cancelled));
  CHECK_IS(is_cancelled, 0);
}

CASE(cancel_of_a_persistent_receive_leaves_the_request) {
  int in = -1, is_cancelled = 0;
  MPI_Request request;
  MPI_Status status;
  OK(MPI_Recv_init(&in, 1, MPI_INT, last_rank(), 3, world, &request));
  OK(MPI_Start(&request));
  OK(MPI_Cancel(&request));
  OK(MPI_Wait(&request, &status));
  OK(MPI_Test_cancelled(&status, &is_cancelled));
  CHECK_IS(is_cancelled, 1);
  OK(MPI_Start(&request));
  MPI_Barrier(world);
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 3, world));
  OK(MPI_Wait(&request, &status));
  CHECK_IS(in, last_rank());
  OK(MPI_Request_free(&request));
}

CASE(a_freed_send_arrives_all_the_same) {
  static int out;
  int in = -1;
  out = rank * 3;
  MPI_Request request;
  OK(MPI_Isend(&out, 1, MPI_INT, next_rank(), 3, world, &request));
  OK(MPI_Request_free(&request));
  CHECK(request == MPI_REQUEST_NULL);
  OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), 3, world, MPI_STATUS_IGNORE));
  CHECK_IS(in, last_rank() * 3);
}

CASE(a_freed_receive_is_done_all_the_same) {
  static int in;
  in = -1;
  MPI_Request request;
  OK(MPI_Irecv(&in, 1, MPI_INT, last_rank(), 3, world, &request));
  OK(MPI_Request_free(&request));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 3, world));
  // A later one of the same sender cannot come before.
  int ignored;
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 4, &ignored, 1, MPI_INT, last_rank(), 4, world, MPI_STATUS_IGNORE));
  CHECK_IS(in, last_rank());
}

// A column of a matrix to a row of another, and the like: the types differ, the signatures do not.
static MPI_Datatype committed(MPI_Datatype type) {
  OK(MPI_Type_commit(&type));
  return type;
}

CASE(derived) {
  enum { N = 37 };
  static double a[N][N], b[N][N];
  MPI_Datatype type, other, inner;
  MPI_Status status;
  for (int large = 0; large < 2; large++) {
    int count = large ? N : 3;
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) a[i][j] = rank * 10000 + i * 100 + j, b[i][j] = -1;
    PART("derived_columns_to_rows_%d", count);
    OK(MPI_Type_vector(N, 1, N, MPI_DOUBLE, &inner));
    OK(MPI_Type_create_resized(inner, 0, sizeof(double), &type));
    OK(MPI_Type_free(&inner));
    type = committed(type);
    OK(MPI_Sendrecv(a, count, type, next_rank(), 1, b, count * N, MPI_DOUBLE, last_rank(), 1, world, &status));
    CHECK_IS(count_of(&status, MPI_DOUBLE), count * N);
    CHECK_IS(count_of(&status, type), count);
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) CHECK(b[i][j] == (i < count ? last_rank() * 10000 + j * 100 + i : -1));
    PART("derived_rows_to_columns_%d", count);
    memset(b, 0, sizeof b);
    OK(MPI_Sendrecv(a, count * N, MPI_DOUBLE, next_rank(), 1, b, count, type, last_rank(), 1, world, &status));
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) CHECK(b[i][j] == (j < count ? last_rank() * 10000 + j * 100 + i : 0));
    PART("derived_columns_to_columns_%d", count);
    memset(b, 0, sizeof b);
    OK(MPI_Sendrecv(a, count, type, next_rank(), 1, b, count, type, last_rank(), 1, world, &status));
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) CHECK(b[i][j] == (j < count ? last_rank() * 10000 + i * 100 + j : 0));
    PART("derived_columns_replaced_%d", count);
    OK(MPI_Sendrecv_replace(b, count, type, last_rank(), 1, next_rank(), 1, world, &status));
    for (int i = 0; i < N; i++)
      for (int j = 0; j < count; j++) CHECK(b[i][j] == rank * 10000 + i * 100 + j);
    OK(MPI_Type_free(&type));
  }

  PART("derived_structs");
  struct item { char c; double d; short s[3]; int i; } out[50], in[50];
  memset(in, 0, sizeof in);
  for (int i = 0; i < 50; i++) out[i] = (struct item){(char)i, rank + i / 4.0, {(short)i, (short)rank, 3}, i * rank};
  int lengths[] = {1, 1, 3, 1};
  MPI_Aint places[] = {offsetof(struct item, c), offsetof(struct item, d), offsetof(struct item, s), offsetof(struct item, i)};
  MPI_Datatype kinds[] = {MPI_CHAR, MPI_DOUBLE, MPI_SHORT, MPI_INT};
  OK(MPI_Type_create_struct(4, lengths, places, kinds, &inner));
  OK(MPI_Type_create_resized(inner, 0, sizeof(struct item), &type));
  type = committed(type);
  OK(MPI_Sendrecv(out, 50, type, next_rank(), 1, in, 50, type, last_rank(), 1, world, &status));
  int elements = 0;
  OK(MPI_Get_elements(&status, type, &elements));
  CHECK_IS(elements, 300);
  for (int i = 0; i < 50; i++)
    CHECK(in[i].c == i && in[i].d == last_rank() + i / 4.0 && in[i].s[1] == last_rank() && in[i].i == i * last_rank());
  PART("derived_structs_in_part");
  OK(MPI_Sendrecv(out, 7, type, next_rank(), 1, in, 50, type, last_rank(), 1, world, &status));
  CHECK_IS(count_of(&status, type), 7);
  OK(MPI_Type_free(&inner));
  OK(MPI_Type_free(&type));

  PART("derived_subarray_to_subarray");
  int sizes[] = {N, N}, part[] = {5, 9}, from[] = {3, 20}, to[] = {30, 1};
  OK(MPI_Type_create_subarray(2, sizes, part, from, MPI_ORDER_C, MPI_DOUBLE, &type));
  OK(MPI_Type_create_subarray(2, sizes, part, to, MPI_ORDER_C, MPI_DOUBLE, &other));
  type = committed(type), other = committed(other);
  memset(b, 0, sizeof b);
  OK(MPI_Sendrecv(a, 1, type, next_rank(), 1, b, 1, other, last_rank(), 1, world, &status));
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      int is_in = i >= 30 && i < 35 && j >= 1 && j < 10;
      CHECK(b[i][j] == (is_in ? last_rank() * 10000 + (i - 27) * 100 + j + 19 : 0));
    }
  OK(MPI_Type_free(&type));
  OK(MPI_Type_free(&other));

  PART("derived_indexed_with_gaps_and_backwards");
  int blocks[] = {2, 1, 3}, displacements[] = {10, 0, 4};
  int few[16], back[16];
  for (int i = 0; i < 16; i++) few[i] = rank * 100 + i, back[i] = -1;
  OK(MPI_Type_indexed(3, blocks, displacements, MPI_INT, &type));
  type = committed(type);
  OK(MPI_Sendrecv(few, 1, type, next_rank(), 1, back, 6, MPI_INT, last_rank(), 1, world, &status));
  static const int order[] = {10, 11, 0, 4, 5, 6};
  for (int i = 0; i < 6; i++) CHECK_IS(back[i], last_rank() * 100 + order[i]);
  CHECK_IS(back[6], -1);
  PART("derived_indexed_received_in_part");
  for (int i = 0; i < 16; i++) back[i] = -1;
  OK(MPI_Sendrecv(few, 4, MPI_INT, next_rank(), 1, back, 1, type, last_rank(), 1, world, &status));
  CHECK(back[10] == last_rank() * 100 && back[11] == last_rank() * 100 + 1 && back[0] == last_rank() * 100 + 2);
  CHECK(back[4] == last_rank() * 100 + 3 && back[5] == -1);
  OK(MPI_Get_elements(&status, type, &elements));
  CHECK_IS(elements, 4);
  CHECK_IS(count_of(&status, type), MPI_UNDEFINED);
  OK(MPI_Type_free(&type));

  PART("derived_hindexed_block_and_contiguous");
  MPI_Aint bytes[] = {8, 32};
  OK(MPI_Type_create_hindexed_block(2, 2, bytes, MPI_INT, &inner));
  OK(MPI_Type_contiguous(1, inner, &type));
  type = committed(type);
  OK(MPI_Sendrecv(few, 1, type, next_rank(), 1, back, 4, MPI_INT, last_rank(), 1, world, &status));
  CHECK(back[0] == last_rank() * 100 + 2 && back[1] == last_rank() * 100 + 3 && back[2] == last_rank() * 100 + 8);
  OK(MPI_Type_free(&inner));
  OK(MPI_Type_free(&type));

  PART("derived_of_absolute_addresses_from_bottom");
  int first = rank + 1, second = rank + 2, pair[2] = {0, 0};
  MPI_Aint addresses[2];
  OK(MPI_Get_address(&first, &addresses[0]));
  OK(MPI_Get_address(&second, &addresses[1]));
  OK(MPI_Type_create_hindexed(2, (int[]){1, 1}, addresses, MPI_INT, &type));
  type = committed(type);
  OK(MPI_Sendrecv(MPI_BOTTOM, 1, type, next_rank(), 1, pair, 2, MPI_INT, last_rank(), 1, world, &status));
  CHECK(pair[0] == last_rank() + 1 && pair[1] == last_rank() + 2);
  OK(MPI_Type_free(&type));

  PART("derived_freed_while_under_way");
  OK(MPI_Type_vector(N, 1, N, MPI_DOUBLE, &type));
  type = committed(type);
  MPI_Request requests[2];
  memset(b, 0, sizeof b);
  OK(MPI_Irecv(b, 1, type, last_rank(), 1, world, &requests[0]));
  OK(MPI_Isend(a, 1, type, next_rank(), 1, world, &requests[1]));
  OK(MPI_Type_free(&type));
  OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  for (int i = 0; i < N; i++) CHECK(b[i][0] == last_rank() * 10000 + i * 100 && b[i][1] == 0);

  PART("derived_packed_and_sent_as_packed");
  char packed[200], unpacked[200];
  int position = 0, number = rank * 7;
  double real = rank / 8.0;
  OK(MPI_Pack(&number, 1, MPI_INT, packed, sizeof packed, &position, world));
  OK(MPI_Pack(&real, 1, MPI_DOUBLE, packed, sizeof packed, &position, world));
  OK(MPI_Sendrecv(packed, position, MPI_PACKED, next_rank(), 1, unpacked, sizeof unpacked, MPI_PACKED, last_rank(), 1, world, &status));
  position = 0;
  OK(MPI_Unpack(unpacked, sizeof unpacked, &position, &number, 1, MPI_INT, world));
  OK(MPI_Unpack(unpacked, sizeof unpacked, &position, &real, 1, MPI_DOUBLE, world));
  CHECK(number == last_rank() * 7 && real == last_rank() / 8.0);
}

CASE(a_message_of_64_megabytes) {
  NEED_RANKS(2);
  enum { LENGTH = 64 << 20 };
  if (rank > 1) return;
  unsigned char *buffer = need_memory(LENGTH);
  if (rank == 0) {
    fill(buffer, LENGTH, 5);
    OK(MPI_Send(buffer, LENGTH, MPI_BYTE, 1, 1, world));
  } else {
    OK(MPI_Recv(buffer, LENGTH, MPI_BYTE, 0, 1, world, MPI_STATUS_IGNORE));
    CHECK_IS(wrong_bytes(buffer, LENGTH, 5, LENGTH), 0);
  }
  free(buffer);
}

CASE(large_counts) {
  int in[10] = {0}, out[10];
  for (int i = 0; i < 10; i++) out[i] = rank + i;
  MPI_Status status;
  MPI_Request request;
  MPI_Count count = -1;
  PART("large_counts_blocking");
  OK(MPI_Sendrecv_c(out, 10, MPI_INT, next_rank(), 1, in, 10, MPI_INT, last_rank(), 1, world, &status));
  OK(MPI_Get_count_c(&status, MPI_INT, &count));
  CHECK(count == 10 && in[9] == last_rank() + 9);
  PART("large_counts_at_once");
  OK(MPI_Irecv_c(in, 10, MPI_INT, last_rank(), 2, world, &request));
  OK(MPI_Send_c(out, 5, MPI_INT, next_rank(), 2, world));
  OK(MPI_Wait(&request, &status));
  OK(MPI_Get_elements_c(&status, MPI_INT, &count));
  CHECK(count == 5);
}

CASE(statuses_are_made_by_hand) {
  MPI_Status status;
  memset(&status, 0, sizeof status);
  int is_cancelled = 0;
  OK(MPI_Status_set_elements(&status, MPI_INT, 12));
  CHECK_IS(count_of(&status, MPI_INT), 12);
  OK(MPI_Status_set_cancelled(&status, 1));
  OK(MPI_Test_cancelled(&status, &is_cancelled));
  CHECK_IS(is_cancelled, 1);
  CHECK_IS(count_of(&status, MPI_INT), 12);
}
