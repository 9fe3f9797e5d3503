/* From the network into the slots. */
#include "udp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Ages beyond this come from a wall clock that was set meanwhile, not from waiting. */
static const double MOST_AGE_MS = 2000;

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
napi_value receive_udp(napi_env env, napi_callback_info info) {
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
napi_value source_text(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t slot = 0;
  bool six = false;
  udp_state *state = arguments(env, info, 2, values);
  if (!state || !read_uint(env, values[0], &slot)) return NULL;
  napi_get_value_bool(env, values[1], &six);
  char text[ADDRESS_TEXT] = "";
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
