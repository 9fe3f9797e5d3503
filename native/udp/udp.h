/*
 * Batched UDP for one thread of Node: many sockets, one call into JavaScript per drain, one out of it per flush.
 *
 *   receive(first)   epoll_wait ─► ready sockets ─► recvmmsg, BURST at a time, round robin ─► slots + notes
 *   flush(count)     notes + arena ─► sendto, one per datagram
 *
 * Nothing here wakes the event loop, and nothing here throws because of what the network does: errors are counted.
 * All state belongs to the environment (a worker thread) that loaded the addon and ends with it.
 */
#pragma once
#define _GNU_SOURCE
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

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
  SEND_BYTES = 1024 * 1024
};

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

/* An address with its interface as text. */
enum { ADDRESS_TEXT = INET6_ADDRSTRLEN + IF_NAMESIZE + 2 };

/* state.c */
udp_state *create_state(void);
/* Closes all that is open; a finalizer of N-API. */
void destroy_state(napi_env env, void *data, void *hint);
/* Index of a socket that is not in use, or −1 when there is no memory for one more. */
int64_t free_slot(udp_state *state);

/* arguments.c: each throws a type error into JavaScript and returns nothing when it is not given what it wants. */
udp_state *arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values);
bool read_uint(napi_env env, napi_value value, uint32_t *result);
napi_value number(napi_env env, double value);
napi_value boolean(napi_env env, bool value);

/* sockets.c */
napi_value open_udp(napi_env env, napi_callback_info info);
napi_value close_udp(napi_env env, napi_callback_info info);
napi_value aim_udp(napi_env env, napi_callback_info info);

/* receive.c */
napi_value receive_udp(napi_env env, napi_callback_info info);
napi_value source_text(napi_env env, napi_callback_info info);

/* send.c */
napi_value flush_udp(napi_env env, napi_callback_info info);
