/*
 * Batched UDP for one thread of Node: many sockets, one call into JavaScript per drain, one out of it per flush.
 *
 *   receive(first)   epoll_wait ─► ready sockets ─► recvmmsg, BURST at a time, round robin ─► slots + notes
 *   flush(count)     notes + arena ─► sendto, one per datagram
 *
 * Nothing here wakes the event loop, and nothing here throws because of what the network does: errors are counted.
 * All state belongs to the environment (a worker thread) that loaded the addon and ends with it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* Shared with src/media/native-udp.ts, which reads them from the exports. */
enum {
  SLOTS = 512,             /* datagrams per receive() */
  SLOT_BYTES = 2048,       /* longer datagrams are dropped and counted */
  NOTE_WORDS = 8,          /* socket, length, port, scope, four words of address */
  BURST = 4,               /* datagrams of one socket before the next has its turn */
  BUDGET = 200,            /* datagrams of one socket per drain; more stays in the kernel (SAFETY M9) */
  SEND_SLOTS = 1024,       /* datagrams per flush() */
  SEND_NOTE_WORDS = 3,     /* socket, offset, length */
  SEND_BYTES = 1024 * 1024,
  FIRST_SOCKETS = 64
};

/* Ages beyond this come from a wall clock that was set meanwhile, not from waiting. */
static const double MOST_AGE_MS = 2000;

typedef struct {
  int fd; /* −1: free, or resting until the datagrams read from it have been handed over */
  bool resting;
  int budget;
  socklen_t destination_length;
  struct sockaddr_storage destination;
} udp_socket;

typedef struct {
  int epoll_fd;
  uint32_t capacity;
  udp_socket *sockets;
  struct epoll_event *events;
  uint32_t *ready;
  uint32_t ready_count;
  uint32_t cursor;
  uint8_t *slots;
  int32_t *notes;
  double *ages_ms;
  uint8_t *arena;
  int32_t *send_notes;
  double *counters; /* receive errors, send errors, truncated */
  struct mmsghdr messages[BURST];
  struct iovec vectors[BURST];
  struct sockaddr_storage sources[BURST];
  union {
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
    struct cmsghdr align;
  } controls[BURST];
} udp_state;

enum { RECEIVE_ERRORS, SEND_ERRORS, TRUNCATED, COUNTERS };

/* ---------------------------------------------------------------------------------------------- state and its end */

static void destroy(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  udp_state *state = data;
  for (uint32_t i = 0; i < state->capacity; i++) {
    if (state->sockets[i].fd >= 0) close(state->sockets[i].fd);
  }
  if (state->epoll_fd >= 0) close(state->epoll_fd);
  free(state->sockets);
  free(state->events);
  free(state->ready);
  free(state);
}

static bool grow(udp_state *state, uint32_t capacity) {
  void *sockets = realloc(state->sockets, capacity * sizeof *state->sockets);
  if (sockets) state->sockets = sockets;
  void *events = realloc(state->events, capacity * sizeof *state->events);
  if (events) state->events = events;
  void *ready = realloc(state->ready, capacity * sizeof *state->ready);
  if (ready) state->ready = ready;
  if (!sockets || !events || !ready) return false;
  for (uint32_t i = state->capacity; i < capacity; i++) {
    state->sockets[i] = (udp_socket){.fd = -1};
  }
  state->capacity = capacity;
  return true;
}

static int64_t free_slot(udp_state *state) {
  for (uint32_t i = 0; i < state->capacity; i++) {
    if (state->sockets[i].fd < 0 && !state->sockets[i].resting) return i;
  }
  uint32_t first = state->capacity;
  return grow(state, first * 2) ? (int64_t)first : -1;
}

/* ---------------------------------------------------------------------------------------------------- arguments */

static udp_state *arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values) {
  udp_state *state = NULL;
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < wanted ||
      napi_get_instance_data(env, (void **)&state) != napi_ok || !state) {
    napi_throw_type_error(env, NULL, "udp: wrong arguments");
    return NULL;
  }
  return state;
}

static bool read_uint(napi_env env, napi_value value, uint32_t *number) {
  if (napi_get_value_uint32(env, value, number) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "udp: a number was expected");
  return false;
}

/* The socket at this index, or NULL when it is not open. */
static udp_socket *open_socket(napi_env env, udp_state *state, napi_value value, uint32_t *index) {
  if (!read_uint(env, value, index)) return NULL;
  if (*index >= state->capacity || state->sockets[*index].fd < 0) return NULL;
  return &state->sockets[*index];
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

/* Numeric addresses only, scope identifiers included; never asks a resolver. */
static bool numeric_address(napi_env env, napi_value host, uint32_t port, struct sockaddr_storage *address,
                            socklen_t *length) {
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 2];
  size_t bytes = 0;
  if (napi_get_value_string_utf8(env, host, text, sizeof text, &bytes) != napi_ok) return false;
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  if (port > 65535 || getaddrinfo(text, NULL, &hints, &found) != 0 || !found) return false;
  bool fits = found->ai_family == AF_INET || found->ai_family == AF_INET6;
  if (fits) {
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *length = found->ai_addrlen;
    if (address->ss_family == AF_INET) ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
    else ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
  }
  freeaddrinfo(found);
  return fits;
}

/* ------------------------------------------------------------------------------------------------ open and close */

static int bind_socket(const struct sockaddr_storage *address, socklen_t length, int receive_bytes) {
  int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return -errno;
  int on = 1;
  /* The system's limit may be smaller and a kernel may lack timestamps; both only make it less good. */
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (bind(fd, (const struct sockaddr *)address, length) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

/* open(host, port, receiveBytes): index of the socket, or a negative errno. */
static napi_value open_udp(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t port = 0;
  uint32_t receive_bytes = 0;
  udp_state *state = arguments(env, info, 3, values);
  if (!state || !read_uint(env, values[1], &port) || !read_uint(env, values[2], &receive_bytes)) return NULL;
  struct sockaddr_storage address;
  socklen_t length = 0;
  if (!numeric_address(env, values[0], port, &address, &length)) return number(env, -EINVAL);
  int64_t index = free_slot(state);
  if (index < 0) return number(env, -ENOMEM);
  int fd = bind_socket(&address, length, (int)receive_bytes);
  if (fd < 0) return number(env, fd);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
  if (epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
    int error = errno;
    close(fd);
    return number(env, -error);
  }
  state->sockets[index] = (udp_socket){.fd = fd, .budget = BUDGET};
  return number(env, (double)index);
}

/* close(index): whether it was open. Closing takes it out of epoll; its index rests until the next drain. */
static napi_value close_udp(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint32_t index = 0;
  udp_state *state = arguments(env, info, 1, values);
  if (!state) return NULL;
  udp_socket *socket = open_socket(env, state, values[0], &index);
  if (socket) {
    close(socket->fd);
    socket->fd = -1;
    socket->resting = true;
  }
  napi_value was_open = NULL;
  napi_get_boolean(env, socket != NULL, &was_open);
  return was_open;
}

/* ------------------------------------------------------------------------------------------------------- receive */

static double wall_ms(const struct timespec *time) { return (double)time->tv_sec * 1e3 + (double)time->tv_nsec / 1e6; }

static double age_of(struct msghdr *header, double now_ms) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec received;
    memcpy(&received, CMSG_DATA(part), sizeof received);
    double age_ms = now_ms - wall_ms(&received);
    return age_ms > -MOST_AGE_MS && age_ms < MOST_AGE_MS ? age_ms : 0;
  }
  return 0;
}

static void note_source(int32_t *note, const struct sockaddr_storage *source) {
  if (source->ss_family == AF_INET6) {
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)source;
    note[2] = ntohs(six->sin6_port);
    note[3] = (int32_t)six->sin6_scope_id;
    memcpy(note + 4, &six->sin6_addr, 16);
    return;
  }
  const struct sockaddr_in *four = (const struct sockaddr_in *)source;
  note[2] = ntohs(four->sin_port);
  note[3] = 0;
  memcpy(note + 4, &four->sin_addr, 4);
  memset(note + 5, 0, 12);
}

static void prepare(udp_state *state, uint32_t slot, int count) {
  for (int i = 0; i < count; i++) {
    state->vectors[i] = (struct iovec){.iov_base = state->slots + (size_t)(slot + i) * SLOT_BYTES, .iov_len = SLOT_BYTES};
    state->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &state->sources[i],
        .msg_namelen = sizeof state->sources[i],
        .msg_iov = &state->vectors[i],
        .msg_iovlen = 1,
        .msg_control = state->controls[i].bytes,
        .msg_controllen = sizeof state->controls[i].bytes,
    };
  }
}

static void note_datagram(udp_state *state, uint32_t slot, uint32_t index, int i, double now_ms) {
  struct msghdr *header = &state->messages[i].msg_hdr;
  int32_t *note = state->notes + (size_t)slot * NOTE_WORDS;
  bool truncated = (header->msg_flags & MSG_TRUNC) != 0;
  if (truncated) state->counters[TRUNCATED]++;
  note[0] = (int32_t)index;
  note[1] = truncated ? -1 : (int32_t)state->messages[i].msg_len;
  note_source(note, &state->sources[i]);
  state->ages_ms[slot] = age_of(header, now_ms);
}

/* Reads one burst of one socket. @returns whether it may have more to give in this drain */
static bool read_burst(udp_state *state, uint32_t index, uint32_t *filled, double now_ms) {
  udp_socket *socket = &state->sockets[index];
  if (socket->fd < 0) return false;
  int room = BURST;
  if (room > socket->budget) room = socket->budget;
  if ((uint32_t)room > SLOTS - *filled) room = (int)(SLOTS - *filled);
  prepare(state, *filled, room);
  int count = recvmmsg(socket->fd, state->messages, (unsigned)room, MSG_DONTWAIT, NULL);
  if (count < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    /* EINTR, or an ICMP error that reading has now cleared; it costs budget so that errors cannot go on for ever. */
    if (errno != EINTR) state->counters[RECEIVE_ERRORS]++;
    return --socket->budget > 0;
  }
  for (int i = 0; i < count; i++) note_datagram(state, *filled + (uint32_t)i, index, i, now_ms);
  *filled += (uint32_t)count;
  socket->budget -= count;
  return count == room && socket->budget > 0;
}

static void begin_drain(udp_state *state) {
  for (uint32_t i = 0; i < state->capacity; i++) {
    state->sockets[i].resting = false;
    state->sockets[i].budget = BUDGET;
  }
  int count = epoll_wait(state->epoll_fd, state->events, (int)state->capacity, 0);
  state->ready_count = count > 0 ? (uint32_t)count : 0;
  state->cursor = 0;
  for (uint32_t i = 0; i < state->ready_count; i++) state->ready[i] = state->events[i].data.u32;
}

/* receive(first): how many slots were filled; 0 = this drain is over. `first` begins a drain. */
static napi_value receive_udp(napi_env env, napi_callback_info info) {
  napi_value values[1];
  bool first = false;
  udp_state *state = arguments(env, info, 1, values);
  if (!state) return NULL;
  napi_get_value_bool(env, values[0], &first);
  if (first) begin_drain(state);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  double now_ms = wall_ms(&now);
  uint32_t filled = 0;
  while (state->ready_count > 0 && filled < SLOTS) {
    if (state->cursor >= state->ready_count) state->cursor = 0;
    if (read_burst(state, state->ready[state->cursor], &filled, now_ms)) state->cursor++;
    else state->ready[state->cursor] = state->ready[--state->ready_count];
  }
  return number(env, filled);
}

/* sourceText(slot): the source address of a slot as text, with the interface of a link-local one. */
static napi_value source_text(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t slot = 0;
  bool six = false;
  udp_state *state = arguments(env, info, 2, values);
  if (!state || !read_uint(env, values[0], &slot)) return NULL;
  napi_get_value_bool(env, values[1], &six);
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 2] = "";
  const int32_t *note = state->notes + (size_t)(slot < SLOTS ? slot : 0) * NOTE_WORDS;
  inet_ntop(six ? AF_INET6 : AF_INET, note + 4, text, sizeof text);
  char name[IF_NAMESIZE];
  if (six && note[3] != 0 && if_indextoname((unsigned)note[3], name)) {
    size_t length = strlen(text);
    snprintf(text + length, sizeof text - length, "%%%s", name);
  }
  napi_value result = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* ---------------------------------------------------------------------------------------------------------- send */

/* aim(index, address, port): where this socket sends from now on. @returns whether there is such an address */
static napi_value aim_udp(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t index = 0;
  uint32_t port = 0;
  udp_state *state = arguments(env, info, 3, values);
  if (!state || !read_uint(env, values[2], &port)) return NULL;
  udp_socket *socket = open_socket(env, state, values[0], &index);
  bool known = socket && numeric_address(env, values[1], port, &socket->destination, &socket->destination_length);
  if (socket && !known) socket->destination_length = 0;
  napi_value result = NULL;
  napi_get_boolean(env, known, &result);
  return result;
}

static void send_one(udp_state *state, const int32_t *note) {
  uint32_t index = (uint32_t)note[0];
  size_t offset = (uint32_t)note[1];
  size_t length = (uint32_t)note[2];
  if (index >= state->capacity || offset > SEND_BYTES || length > SEND_BYTES - offset) return;
  udp_socket *socket = &state->sockets[index];
  if (socket->fd < 0) return;
  if (socket->destination_length == 0) {
    state->counters[SEND_ERRORS]++;
    return;
  }
  const struct sockaddr *to = (const struct sockaddr *)&socket->destination;
  ssize_t sent;
  /* At most one repetition: an error that an earlier datagram brought back is reported, and cleared, by the next call. */
  for (int tries = 0; tries < 2; tries++) {
    sent = sendto(socket->fd, state->arena + offset, length, MSG_DONTWAIT, to, socket->destination_length);
    if (sent >= 0) return;
    state->counters[SEND_ERRORS]++;
    if (errno != ECONNREFUSED && errno != EINTR) return;
  }
}

/* flush(count): sends what the first `count` send notes say. */
static napi_value flush_udp(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint32_t count = 0;
  udp_state *state = arguments(env, info, 1, values);
  if (!state || !read_uint(env, values[0], &count)) return NULL;
  if (count > SEND_SLOTS) count = SEND_SLOTS;
  for (uint32_t i = 0; i < count; i++) send_one(state, state->send_notes + (size_t)i * SEND_NOTE_WORDS);
  return NULL;
}

/* ------------------------------------------------------------------------------------------------------- loading */

/* An ArrayBuffer as a property of the exports. The reference, never dropped, keeps its memory while the environment lives. */
static void *shared_memory(napi_env env, napi_value exports, const char *name, size_t bytes) {
  void *data = NULL;
  napi_value buffer = NULL;
  napi_ref forever = NULL;
  if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok) return NULL;
  if (napi_create_reference(env, buffer, 1, &forever) != napi_ok) return NULL;
  if (napi_set_named_property(env, exports, name, buffer) != napi_ok) return NULL;
  return data;
}

static bool constants(napi_env env, napi_value exports) {
  const struct {
    const char *name;
    int value;
  } rows[] = {{"slotBytes", SLOT_BYTES}, {"sendSlots", SEND_SLOTS}, {"budget", BUDGET}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (napi_set_named_property(env, exports, rows[i].name, number(env, rows[i].value)) != napi_ok) return false;
  }
  return true;
}

static bool functions(napi_env env, napi_value exports) {
  const napi_property_descriptor rows[] = {
      {"open", NULL, open_udp, NULL, NULL, NULL, napi_default, NULL},
      {"close", NULL, close_udp, NULL, NULL, NULL, napi_default, NULL},
      {"receive", NULL, receive_udp, NULL, NULL, NULL, napi_default, NULL},
      {"sourceText", NULL, source_text, NULL, NULL, NULL, napi_default, NULL},
      {"aim", NULL, aim_udp, NULL, NULL, NULL, napi_default, NULL},
      {"flush", NULL, flush_udp, NULL, NULL, NULL, napi_default, NULL},
  };
  return napi_define_properties(env, exports, sizeof rows / sizeof *rows, rows) == napi_ok;
}

static bool memories(napi_env env, napi_value exports, udp_state *state) {
  state->slots = shared_memory(env, exports, "slots", (size_t)SLOTS * SLOT_BYTES);
  state->notes = shared_memory(env, exports, "notes", (size_t)SLOTS * NOTE_WORDS * sizeof(int32_t));
  state->ages_ms = shared_memory(env, exports, "agesMs", SLOTS * sizeof(double));
  state->arena = shared_memory(env, exports, "arena", SEND_BYTES);
  state->send_notes = shared_memory(env, exports, "sendNotes", (size_t)SEND_SLOTS * SEND_NOTE_WORDS * sizeof(int32_t));
  state->counters = shared_memory(env, exports, "counters", COUNTERS * sizeof(double));
  return state->slots && state->notes && state->ages_ms && state->arena && state->send_notes && state->counters;
}

NAPI_MODULE_INIT() {
  udp_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (state->epoll_fd < 0 || !grow(state, FIRST_SOCKETS) ||
      napi_set_instance_data(env, state, destroy, NULL) != napi_ok) {
    destroy(env, state, NULL);
    napi_throw_error(env, NULL, "udp: no epoll");
    return NULL;
  }
  if (memories(env, exports, state) && constants(env, exports) && functions(env, exports)) return exports;
  napi_throw_error(env, NULL, "udp: no memory");
  return NULL;
}
