/* Sockets are opened, aimed at whom they send to, and closed. */
#include "udp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

/* The socket at this index, or NULL when it is not open. */
static udp_socket *open_socket(napi_env env, udp_state *state, napi_value value, uint32_t *index) {
  if (!read_uint(env, value, index)) return NULL;
  if (*index >= state->capacity || state->sockets[*index].fd < 0) return NULL;
  return &state->sockets[*index];
}

/* Numeric addresses only, scope identifiers included; never asks a resolver. */
static bool numeric_address(napi_env env, napi_value host, uint32_t port, struct sockaddr_storage *address,
                            socklen_t *length) {
  char text[ADDRESS_TEXT];
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
napi_value open_udp(napi_env env, napi_callback_info info) {
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
napi_value close_udp(napi_env env, napi_callback_info info) {
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
  return boolean(env, socket != NULL);
}

/* aim(index, address, port): where this socket sends from now on. @returns whether there is such an address */
napi_value aim_udp(napi_env env, napi_callback_info info) {
  napi_value values[3];
  uint32_t index = 0;
  uint32_t port = 0;
  udp_state *state = arguments(env, info, 3, values);
  if (!state || !read_uint(env, values[2], &port)) return NULL;
  udp_socket *socket = open_socket(env, state, values[0], &index);
  bool known = socket && numeric_address(env, values[1], port, &socket->destination, &socket->destination_length);
  if (socket && !known) socket->destination_length = 0;
  return boolean(env, known);
}
