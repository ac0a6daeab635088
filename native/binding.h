/* The addon as JavaScript sees it: map, reserve, lock, probe, reap. Bytes, lengths, file descriptors, processes; no word of
 * metrics in here, policy is TypeScript's. posix.c includes this file and answers its calls on Linux and macOS, win32.c on
 * Windows: each is one translation unit, so an addon exports its entry and nothing else.
 *
 * Every function takes numbers and throws an Error whose `code` is the errno's name and whose message names the call. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* What the system does. Every call returns 0, or the errno of its failure, and never waits. */

/* The file offsets at which a mapping may begin are multiples of this: a page, or 64 KiB on Windows. */
static int64_t system_granularity(void);

/* Maps the range shared and writable. `offset` is a multiple of the granularity. */
static int system_map(int fd, int64_t offset, int64_t length, void **data);
static void system_unmap(void *data, int64_t length);

/* Makes the bytes exist on the disk, so that a later store into a mapping of them cannot fail. */
static int system_reserve(int fd, int64_t offset, int64_t length);

enum lock_mode { LOCK_NONE = 0, LOCK_SHARED = 1, LOCK_ALONE = 2 };

/* Changes the lock of this open file on one byte, which may lie behind the end of the file. `taken` is 0 if another open
 * file holds the byte. The lock ends at the latest with the process. */
static int system_lock(int fd, int64_t byte, enum lock_mode mode, int *taken);

/* Whether another open file holds the byte in any mode. Read access is enough. */
static int system_probe(int fd, int64_t byte, int *held);

/* Takes notice of a child's end. `ended` is 0 while it runs. */
static int system_reap(int64_t pid, int *ended);

#ifdef _WIN32
/* When a process began, in milliseconds since 1970; ESRCH if there is none, or if it has ended. Elsewhere /proc has it. */
static int system_started(int64_t pid, int64_t *milliseconds);
#endif

static const char *errno_name(int number) {
  switch (number) {
    case EACCES: return "EACCES";
    case EAGAIN: return "EAGAIN";
    case EBADF: return "EBADF";
    case ECHILD: return "ECHILD";
    case EFBIG: return "EFBIG";
    case EINTR: return "EINTR";
    case EINVAL: return "EINVAL";
    case EIO: return "EIO";
    case ENODEV: return "ENODEV";
    case ENOLCK: return "ENOLCK";
    case ENOMEM: return "ENOMEM";
    case ENOSPC: return "ENOSPC";
    case ENOSYS: return "ENOSYS";
    case EOPNOTSUPP: return "EOPNOTSUPP";
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP: return "ENOTSUP";
#endif
    case EPERM: return "EPERM";
    case ESRCH: return "ESRCH";
#ifdef EDQUOT
    case EDQUOT: return "EDQUOT";
#endif
    default: return "EUNKNOWN";
  }
}

static napi_value fail(napi_env env, const char *call, int number) {
  char message[64];
  size_t at = strlen(call);
  if (at > 40) at = 40;
  memcpy(message, call, at);
  memcpy(message + at, " failed", 8);
  napi_throw_error(env, errno_name(number), message);
  return NULL;
}

/* Reads `count` numbers from the arguments; a missing or non-numeric one throws and returns 0. */
static int numbers(napi_env env, napi_callback_info info, size_t count, int64_t *out) {
  napi_value arguments[4];
  size_t given = 4;
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  for (size_t i = 0; i < count; i++) {
    if (i >= given || napi_get_value_int64(env, arguments[i], &out[i]) != napi_ok) {
      napi_throw_type_error(env, "EINVAL", "expected numbers");
      return 0;
    }
  }
  return 1;
}

static napi_value boolean(napi_env env, int value) {
  napi_value result;
  napi_get_boolean(env, value != 0, &result);
  return result;
}

/* How many bytes of a mapping lie before the ones that JavaScript sees. A mapping begins at a multiple of the
 * granularity, in the file and in memory alike, so both the offset and the address give the same number. */
static int64_t before(int64_t offset_or_address) {
  return offset_or_address % system_granularity();
}

static void unmap(napi_env env, void *data, void *length) {
  (void)env;
  int64_t skipped = before((intptr_t)data);
  system_unmap((char *)data - skipped, skipped + (intptr_t)length);
}

/* map(fd, offset, length): ArrayBuffer. Shared, writable; unmapped when the ArrayBuffer is collected.
 * A forked child does not inherit it. On Linux it keeps the open file, and with it the lock, alive. */
static napi_value map(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  int64_t offset = a[1], length = a[2];
  if (offset < 0 || length <= 0) return fail(env, "map", EINVAL);
  void *mapping = NULL;
  int64_t skipped = before(offset);
  int error = system_map((int)a[0], offset - skipped, skipped + length, &mapping);
  if (error != 0) return fail(env, "map", error);
  napi_value buffer;
  napi_status status = napi_create_external_arraybuffer(env, (char *)mapping + skipped, (size_t)length, unmap,
                                                        (void *)(intptr_t)length, &buffer);
  if (status != napi_ok) { /* runtimes with V8's sandbox allow no memory of others */
    system_unmap(mapping, skipped + length);
    return fail(env, "external ArrayBuffer", EOPNOTSUPP);
  }
  return buffer;
}

/* reserve(fd, offset, length): makes the bytes exist on the disk, so that a later store cannot raise SIGBUS. */
static napi_value reserve(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  int error = system_reserve((int)a[0], a[1], a[2]);
  return error == 0 ? NULL : fail(env, "reserve", error);
}

/* lock(fd, byte, mode): boolean. mode 0 unlocks, 1 takes it shared, 2 exclusive; false when another holds it. */
static napi_value lock(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  int taken = 0;
  enum lock_mode mode = a[2] == 0 ? LOCK_NONE : a[2] == 1 ? LOCK_SHARED : LOCK_ALONE;
  int error = system_lock((int)a[0], a[1], mode, &taken);
  return error == 0 ? boolean(env, taken) : fail(env, "lock", error);
}

/* probe(fd, byte): boolean. Whether anybody else holds the byte in any mode; takes nothing, needs only read access. */
static napi_value probe(napi_env env, napi_callback_info info) {
  int64_t a[2];
  if (!numbers(env, info, 2, a)) return NULL;
  int held = 0;
  int error = system_probe((int)a[0], a[1], &held);
  return error == 0 ? boolean(env, held) : fail(env, "probe", error);
}

/* reap(pid): boolean. Takes notice of a child's end, so that the kernel forgets it; false while it runs. Never waits. */
static napi_value reap(napi_env env, napi_callback_info info) {
  int64_t a[1];
  if (!numbers(env, info, 1, a)) return NULL;
  int ended = 0;
  /* Numbers below 1 would be groups of processes. */
  int error = a[0] <= 0 ? EINVAL : system_reap(a[0], &ended);
  return error == 0 ? boolean(env, ended) : fail(env, "reap", error);
}

#ifdef _WIN32
/* started(pid): number. Milliseconds since 1970 at which a running process began. */
static napi_value started(napi_env env, napi_callback_info info) {
  int64_t a[1];
  if (!numbers(env, info, 1, a)) return NULL;
  int64_t milliseconds = 0;
  int error = system_started(a[0], &milliseconds);
  if (error != 0) return fail(env, "started", error);
  napi_value result;
  napi_create_int64(env, milliseconds, &result);
  return result;
}
#endif

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"map", NULL, map, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reserve", NULL, reserve, NULL, NULL, NULL, napi_enumerable, NULL},
      {"lock", NULL, lock, NULL, NULL, NULL, napi_enumerable, NULL},
      {"probe", NULL, probe, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reap", NULL, reap, NULL, NULL, NULL, napi_enumerable, NULL},
#ifdef _WIN32
      {"started", NULL, started, NULL, NULL, NULL, napi_enumerable, NULL},
#endif
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
