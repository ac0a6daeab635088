/* Bytes, lengths, file descriptors, processes: map, reserve, lock, probe, reap. No word of metrics in here; policy is TypeScript's.
 *
 * Every function takes numbers and throws an Error whose `code` is the errno's name and whose message names the call.
 * Linked without a DT_NEEDED entry (see scripts/build-native.mjs): one file serves glibc and musl. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* A mapping that is only read. No JavaScript sees its bytes: the file may be truncated at any time, and an access beyond
 * its end raises SIGBUS. Numbers are copied out of it under a guard. */
struct view {
  char *data;
  size_t length;
  char *path;
  struct statx facts;
};

/* By number, because older C libraries have no function of that name. */
static long facts_of(int fd, const char *path, int flags, struct statx *facts) {
  memset(facts, 0, sizeof *facts);
  return syscall(SYS_statx, fd, path, flags, STATX_BASIC_STATS, facts);
}

/* Whether it is the same file, and nobody has written to it since, other than by a mapping. */
static int same_facts(const struct statx *a, const struct statx *b) {
  return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
         a->stx_size == b->stx_size && a->stx_mtime.tv_sec == b->stx_mtime.tv_sec &&
         a->stx_mtime.tv_nsec == b->stx_mtime.tv_nsec && a->stx_ctime.tv_sec == b->stx_ctime.tv_sec &&
         a->stx_ctime.tv_nsec == b->stx_ctime.tv_nsec;
}

static void drop_view(struct view *view) {
  if (view->data != NULL) munmap(view->data, view->length);
  view->data = NULL;
  view->length = 0;
}

static void free_view(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  drop_view(data);
  free(((struct view *)data)->path);
  free(data);
}

/* Returns the view of the first argument; throws and returns NULL if it is none. */
static struct view *view_of(napi_env env, napi_value value) {
  void *data;
  if (napi_get_value_external(env, value, &data) == napi_ok) return data;
  napi_throw_type_error(env, "EINVAL", "expected a view");
  return NULL;
}

/* openView(fd, path, length): View. Of the open file, which the path leads to. */
static napi_value open_view(napi_env env, napi_callback_info info) {
  size_t given = 3, size = 0;
  napi_value arguments[3];
  int64_t fd, length;
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  if (napi_get_value_int64(env, arguments[0], &fd) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[1], NULL, 0, &size) != napi_ok ||
      napi_get_value_int64(env, arguments[2], &length) != napi_ok) {
    napi_throw_type_error(env, "EINVAL", "expected a number, a string and a number");
    return NULL;
  }
  struct view *view = calloc(1, sizeof *view);
  if (view == NULL || (view->path = malloc(size + 1)) == NULL) {
    free(view);
    return fail(env, "malloc", ENOMEM);
  }
  napi_get_value_string_utf8(env, arguments[1], view->path, size + 1, NULL);
  void *data = MAP_FAILED;
  if (facts_of((int)fd, "", AT_EMPTY_PATH, &view->facts) == 0)
    data = mmap(NULL, (size_t)length, PROT_READ, MAP_SHARED, (int)fd, 0);
  if (data == MAP_FAILED) {
    int error = errno;
    free_view(env, view, NULL);
    return fail(env, "mmap", error);
  }
  madvise(data, (size_t)length, MADV_DONTFORK);
  view->data = data;
  view->length = (size_t)length;
  napi_value result;
  if (napi_create_external(env, view, free_view, NULL, &result) == napi_ok) return result;
  free_view(env, view, NULL);
  return fail(env, "external", ENOMEM);
}

/* closeView(view): unmaps it now; it is empty afterwards. */
static napi_value close_view(napi_env env, napi_callback_info info) {
  size_t given = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &given, &argument, NULL, NULL);
  struct view *view = view_of(env, argument);
  if (view != NULL) drop_view(view);
  return NULL;
}

/* The view that is being read, by one thread at a time, and the handler of SIGBUS that others have installed. */
static atomic_flag guarded = ATOMIC_FLAG_INIT;
static struct view *volatile read_view;
static volatile sig_atomic_t broken;
static struct sigaction before;

/* Only this range is ours. Every other SIGBUS goes where it would have gone without us. */
static void on_bus(int number, siginfo_t *fault, void *context) {
  struct view *view = read_view;
  uintptr_t address = (uintptr_t)fault->si_addr;
  int from_kernel = fault->si_code > 0;
  if (from_kernel && view != NULL && address - (uintptr_t)view->data < view->length) {
    /* The access is repeated when this returns, and finds zeros. The whole view, because page sizes differ. */
    int error = errno;
    void *zeros = mmap(view->data, view->length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = error;
    broken = 1;
    if (zeros != MAP_FAILED) return;
  }
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(number, fault, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else if (from_kernel || before.sa_handler == SIG_DFL) {
    /* A faulting access is repeated, and ends the process now; a signal that was sent is sent again. */
    sigaction(number, &before, NULL);
    if (!from_kernel) kill(getpid(), number);
  }
}

/* gather(view, indexes, count, out): number. Copies the float64 at these indexes; returns the first word of the file, and
 * -1 if the path leads to another file by now, if the file was written to other than by a mapping, or if another thread
 * reads a view. Never raises SIGBUS. */
static napi_value gather(napi_env env, napi_callback_info info) {
  size_t given = 4;
  napi_value arguments[4];
  napi_get_cb_info(env, info, &given, arguments, NULL, NULL);
  struct view *view = view_of(env, arguments[0]);
  if (view == NULL) return NULL;
  int32_t *indexes;
  double *out;
  size_t most, space;
  uint32_t count;
  napi_typedarray_type of_indexes, of_out;
  if (napi_get_typedarray_info(env, arguments[1], &of_indexes, &most, (void **)&indexes, NULL, NULL) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &count) != napi_ok ||
      napi_get_typedarray_info(env, arguments[3], &of_out, &space, (void **)&out, NULL, NULL) != napi_ok ||
      of_indexes != napi_int32_array || of_out != napi_float64_array || count > most || count > space) {
    napi_throw_type_error(env, "EINVAL", "expected an Int32Array, a count and a Float64Array");
    return NULL;
  }
  int32_t first = -1;
  sigset_t blocked;
  struct statx facts;
  /* The kernel calls no handler of a blocked signal. */
  if (view->length >= 8 && facts_of(AT_FDCWD, view->path, AT_SYMLINK_NOFOLLOW, &facts) == 0 &&
      same_facts(&facts, &view->facts) && sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 &&
      sigismember(&blocked, SIGBUS) == 0 && !atomic_flag_test_and_set(&guarded)) {
    struct sigaction ours, now;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = on_bus;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    broken = 0;
    read_view = view;
    if (sigaction(SIGBUS, &ours, &before) == 0) {
      const volatile double *values = (const volatile double *)view->data;
      size_t length = view->length / 8;
      first = *(const volatile int32_t *)view->data;
      for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)indexes[i];
        if (index >= length) {
          first = -1;
          break;
        }
        out[i] = values[index];
      }
      /* Another thread may have installed a handler meanwhile, which stays. */
      if (sigaction(SIGBUS, &before, &now) == 0 && now.sa_sigaction != on_bus) sigaction(SIGBUS, &now, NULL);
    }
    read_view = NULL;
    if (broken) {
      first = -1;
      drop_view(view);
    }
    atomic_flag_clear(&guarded);
  }
  napi_value result;
  napi_create_int32(env, first, &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"map", NULL, map, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reserve", NULL, reserve, NULL, NULL, NULL, napi_enumerable, NULL},
      {"lock", NULL, lock, NULL, NULL, NULL, napi_enumerable, NULL},
      {"probe", NULL, probe, NULL, NULL, NULL, napi_enumerable, NULL},
      {"reap", NULL, reap, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openView", NULL, open_view, NULL, NULL, NULL, napi_enumerable, NULL},
      {"closeView", NULL, close_view, NULL, NULL, NULL, napi_enumerable, NULL},
      {"gather", NULL, gather, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
