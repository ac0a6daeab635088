/* Guarded reading of files that others may truncate, on Linux. Part of binding.h; no other file includes it. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A mapping that is only read. No JavaScript sees its bytes: the file may be truncated at any time, and an access beyond
 * its end raises SIGBUS. Numbers are copied out of it under a guard. */
struct view {
  char *data;
  size_t length;
  char *path;
  struct stat facts;
};

/* By number, because older versions of glibc have no function of that name. On the processors that the addon is built for,
 * the C libraries and the kernel have the same `struct stat`. */
static long facts_of(int fd, const char *path, int flags, struct stat *facts) {
  return syscall(SYS_newfstatat, fd, path, facts, flags);
}

static int same_time(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Whether it is the same file, and no process has written to it since, except through a mapping. */
static int same_facts(const struct stat *a, const struct stat *b) {
  return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
         same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
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
static struct sigaction others;

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
  if (others.sa_flags & SA_SIGINFO) {
    others.sa_sigaction(number, fault, context);
  } else if (others.sa_handler != SIG_DFL && others.sa_handler != SIG_IGN) {
    others.sa_handler(number);
  } else if (from_kernel || others.sa_handler == SIG_DFL) {
    /* A faulting access is repeated, and ends the process now; a signal that was sent is sent again. */
    sigaction(number, &others, NULL);
    if (!from_kernel) kill(getpid(), number);
  }
}

/* For arm64 compilers call functions of their own library for atomic operations. No library is linked. */
#ifdef __aarch64__
#define ATOMICS_INLINE __attribute__((target("no-outline-atomics")))
#else
#define ATOMICS_INLINE
#endif

/* gather(view, indexes, count, out): number. Copies the float64 at these indexes; returns the first word of the file, and
 * -1 if the path leads to another file by now, if the file was written to other than by a mapping, or if another thread
 * reads a view. Never raises SIGBUS. */
ATOMICS_INLINE static napi_value gather(napi_env env, napi_callback_info info) {
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
  struct stat facts;
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
    if (sigaction(SIGBUS, &ours, &others) == 0) {
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
      if (sigaction(SIGBUS, &others, &now) == 0 && now.sa_sigaction != on_bus) sigaction(SIGBUS, &now, NULL);
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
