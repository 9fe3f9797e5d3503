/* What JavaScript hands over, and what it gets back. */
#include "udp.h"

udp_state *arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values) {
  udp_state *state = NULL;
  size_t count = wanted;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count < wanted ||
      napi_get_instance_data(env, (void **)&state) != napi_ok || !state) {
    napi_throw_type_error(env, NULL, "udp: wrong arguments");
    return NULL;
  }
  return state;
}

bool read_uint(napi_env env, napi_value value, uint32_t *number) {
  if (napi_get_value_uint32(env, value, number) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "udp: a number was expected");
  return false;
}

napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

napi_value boolean(napi_env env, bool value) {
  napi_value result = NULL;
  napi_get_boolean(env, value, &result);
  return result;
}
