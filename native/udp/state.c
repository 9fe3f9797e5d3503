/* What a thread holds: its sockets, and the memory it shares with JavaScript. */
#include "udp.h"
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_SOCKETS = 64 };

void destroy_state(napi_env env, void *data, void *hint) {
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

int64_t free_slot(udp_state *state) {
  for (uint32_t i = 0; i < state->capacity; i++) {
    if (state->sockets[i].fd < 0 && !state->sockets[i].resting) return i;
  }
  uint32_t first = state->capacity;
  return grow(state, first * 2) ? (int64_t)first : -1;
}

udp_state *create_state(void) {
  udp_state *state = calloc(1, sizeof *state);
  if (!state) return NULL;
  state->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (state->epoll_fd >= 0 && grow(state, FIRST_SOCKETS)) return state;
  destroy_state(NULL, state, NULL);
  return NULL;
}
