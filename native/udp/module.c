/* What JavaScript sees of it: memory, constants, functions. */
#include "udp.h"

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
  udp_state *state = create_state();
  if (!state || napi_set_instance_data(env, state, destroy_state, NULL) != napi_ok) {
    if (state) destroy_state(env, state, NULL);
    napi_throw_error(env, NULL, "udp: no epoll");
    return NULL;
  }
  if (memories(env, exports, state) && constants(env, exports) && functions(env, exports)) return exports;
  napi_throw_error(env, NULL, "udp: no memory");
  return NULL;
}
