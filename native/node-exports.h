/* The calls of the Node-API that binding.h makes, passed on to the program that has loaded the addon. They are found at run
 * time: a file that is linked against the name node.exe does not load in an executable of another name.
 *
 * Also what binding.h and the compiler expect of a C library, because the addon has none. */
#include <stddef.h>
#include <stdint.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#define NAPI_VERSION 8
#define NAPI_EXTERN
#include <node_api.h>

/* Returns an export of the program, or of the library that has Node.js in it; NULL if there is none. */
static FARPROC found(const char *name) {
  FARPROC call = GetProcAddress(GetModuleHandleW(NULL), name);
  HMODULE library = call == NULL ? GetModuleHandleW(L"libnode.dll") : NULL;
  return library == NULL ? call : GetProcAddress(library, name);
}

#define PASS_ON(name, parameters, arguments)                                              \
  napi_status NAPI_CDECL name parameters {                                                \
    static napi_status(NAPI_CDECL *call) parameters;                                      \
    if (call == NULL) call = (napi_status(NAPI_CDECL *) parameters)(void *)found(#name); \
    return call == NULL ? napi_generic_failure : call arguments;                          \
  }

PASS_ON(napi_get_cb_info,
        (napi_env env, napi_callback_info info, size_t *count, napi_value *values, napi_value *self, void **data),
        (env, info, count, values, self, data))
PASS_ON(napi_get_value_int64, (napi_env env, napi_value value, int64_t *result), (env, value, result))
PASS_ON(napi_create_int64, (napi_env env, int64_t value, napi_value *result), (env, value, result))
PASS_ON(napi_get_boolean, (napi_env env, bool value, napi_value *result), (env, value, result))
PASS_ON(napi_throw_error, (napi_env env, const char *code, const char *text), (env, code, text))
PASS_ON(napi_throw_type_error, (napi_env env, const char *code, const char *text), (env, code, text))
PASS_ON(napi_create_external_arraybuffer,
        (napi_env env, void *data, size_t length, napi_finalize finalize, void *hint, napi_value *result),
        (env, data, length, finalize, hint, result))
PASS_ON(napi_define_properties,
        (napi_env env, napi_value object, size_t count, const napi_property_descriptor *properties),
        (env, object, count, properties))

/* Returns the handle of a descriptor; -1, which is INVALID_HANDLE_VALUE, if the program does not translate it. */
static void *node_handle_of(int fd) {
  static void *(*call)(int);
  if (call == NULL) call = (void *(*)(int))(void *)found("uv_get_osfhandle");
  return call == NULL ? (void *)(intptr_t)-1 : call(fd);
}

/* The addon has no C runtime that would have to be set up. */
BOOL WINAPI DllMainCRTStartup(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self, (void)reason, (void)reserved;
  return TRUE;
}

/* The linker of zig asks for it; no variable of the addon belongs to a thread. */
unsigned long _tls_index;

size_t strlen(const char *text) {
  size_t length = 0;
  while (((const volatile char *)text)[length] != 0) length++;
  return length;
}

void *memcpy(void *to, const void *from, size_t length) {
  for (size_t i = 0; i < length; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}

void *memset(void *to, int value, size_t length) {
  for (size_t i = 0; i < length; i++) ((volatile char *)to)[i] = (char)value;
  return to;
}
