/* Bytes, lengths, file descriptors, processes: map, reserve, lock, probe, reap. No word of metrics in here; policy is TypeScript's.
 *
 * Every function takes numbers and throws an Error whose `code` is the errno's name and whose message names the call.
 * Linked without a DT_NEEDED entry (see scripts/build-native.mjs): one file serves glibc and musl. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define NAPI_VERSION 8
#include <node_api.h>

#ifndef F_OFD_SETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
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
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case EPERM: return "EPERM";
    case EDQUOT: return "EDQUOT";
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

static void unmap(napi_env env, void *data, void *length) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)length);
}

/* map(fd, offset, length): ArrayBuffer. Shared, writable; unmapped when the ArrayBuffer is collected.
 * The mapping keeps the open file description, and with it the lock, alive; a forked child does not inherit it. */
static napi_value map(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  void *data = mmap(NULL, (size_t)a[2], PROT_READ | PROT_WRITE, MAP_SHARED, (int)a[0], (off_t)a[1]);
  if (data == MAP_FAILED) return fail(env, "mmap", errno);
  madvise(data, (size_t)a[2], MADV_DONTFORK);
  napi_value buffer;
  napi_status status =
      napi_create_external_arraybuffer(env, data, (size_t)a[2], unmap, (void *)(uintptr_t)a[2], &buffer);
  if (status != napi_ok) { /* runtimes with V8's sandbox allow no memory of others */
    munmap(data, (size_t)a[2]);
    return fail(env, "external ArrayBuffer", EOPNOTSUPP);
  }
  return buffer;
}

/* reserve(fd, offset, length): makes the bytes exist on the disk, so that a later store cannot raise SIGBUS. */
static napi_value reserve(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  int error;
  do {
    error = posix_fallocate((int)a[0], (off_t)a[1], (off_t)a[2]);
  } while (error == EINTR);
  return error == 0 ? NULL : fail(env, "posix_fallocate", error);
}

static int lock_call(int fd, int command, int64_t byte, short type, struct flock *range) {
  memset(range, 0, sizeof *range);
  range->l_type = type;
  range->l_whence = 0; /* SEEK_SET */
  range->l_start = (off_t)byte;
  range->l_len = 1;
  int result;
  do {
    result = fcntl(fd, command, range);
  } while (result == -1 && errno == EINTR);
  return result;
}

/* lock(fd, byte, mode): boolean. mode 0 unlocks, 1 takes it shared, 2 exclusive; false when another holds it. */
static napi_value lock(napi_env env, napi_callback_info info) {
  int64_t a[3];
  if (!numbers(env, info, 3, a)) return NULL;
  struct flock range;
  short type = a[2] == 0 ? F_UNLCK : a[2] == 1 ? F_RDLCK : F_WRLCK;
  if (lock_call((int)a[0], F_OFD_SETLK, a[1], type, &range) == 0) return boolean(env, 1);
  if (errno == EAGAIN || errno == EACCES) return boolean(env, 0);
  return fail(env, "lock", errno);
}

/* probe(fd, byte): boolean. Whether anybody else holds the byte in any mode; takes nothing, needs only read access. */
static napi_value probe(napi_env env, napi_callback_info info) {
  int64_t a[2];
  if (!numbers(env, info, 2, a)) return NULL;
  struct flock range;
  if (lock_call((int)a[0], F_OFD_GETLK, a[1], F_WRLCK, &range) == 0) return boolean(env, range.l_type != F_UNLCK);
  return fail(env, "probe", errno);
}

/* reap(pid): boolean. Takes notice of a child's end, so that the kernel forgets it; false while it runs. Never waits. */
static napi_value reap(napi_env env, napi_callback_info info) {
  int64_t a[1];
  if (!numbers(env, info, 1, a)) return NULL;
  if (a[0] <= 0) return fail(env, "waitpid", EINVAL); /* those would be groups of processes */
  pid_t ended;
  do {
    ended = waitpid((pid_t)a[0], NULL, WNOHANG);
  } while (ended == -1 && errno == EINTR);
  return ended == -1 ? fail(env, "waitpid", errno) : boolean(env, ended != 0);
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"map", NULL, map, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reserve", NULL, reserve, NULL, NULL, NULL, napi_enumerable, NULL},
      {"lock", NULL, lock, NULL, NULL, NULL, napi_enumerable, NULL},
      {"probe", NULL, probe, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reap", NULL, reap, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
