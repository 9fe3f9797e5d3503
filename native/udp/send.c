/* From the arena to the network. */
#include "udp.h"
#include <errno.h>

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
napi_value flush_udp(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint32_t count = 0;
  udp_state *state = arguments(env, info, 1, values);
  if (!state || !read_uint(env, values[0], &count)) return NULL;
  if (count > SEND_SLOTS) count = SEND_SLOTS;
  for (uint32_t i = 0; i < count; i++) send_one(state, state->send_notes + (size_t)i * SEND_NOTE_WORDS);
  return NULL;
}
