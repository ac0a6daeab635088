/* The addon for Linux and macOS. Both have locks that belong to an open file (fcntl, F_OFD_SETLK): the kernel ends them
 * with the process, and threads of one process hold them apart. The systems differ where this file says __APPLE__. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach/vm_inherit.h>
#endif

#include "binding.h"

/* macOS has them since 10.11; Apple's headers name them since 15. */
#ifndef F_OFD_SETLK
#ifdef __APPLE__
#define F_OFD_SETLK 90
#define F_OFD_GETLK 92
#else
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif
#endif

static int64_t system_granularity(void) {
  return sysconf(_SC_PAGESIZE);
}

static int system_map(int fd, int64_t offset, int64_t length, void **data) {
  void *mapping = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
  if (mapping == MAP_FAILED) return errno;
#ifdef __APPLE__
  minherit(mapping, (size_t)length, VM_INHERIT_NONE);
#else
  madvise(mapping, (size_t)length, MADV_DONTFORK);
#endif
  *data = mapping;
  return 0;
}

static void system_unmap(void *data, int64_t length) {
  munmap(data, (size_t)length);
}

#ifdef __APPLE__
/* F_PREALLOCATE counts from the last byte that has space already, and leaves the size of the file as it is. */
static int grow(int fd, int64_t end) {
  struct stat file;
  if (fstat(fd, &file) == -1) return errno;
  int64_t present = (int64_t)file.st_blocks * 512;
  if (present < end) {
    fstore_t space = {F_ALLOCATEALL, F_PEOFPOSMODE, 0, end - present, 0};
    if (fcntl(fd, F_PREALLOCATE, &space) == -1) return errno;
  }
  if (file.st_size >= end) return 0;
  return ftruncate(fd, (off_t)end) == -1 ? errno : 0;
}
#endif

static int system_reserve(int fd, int64_t offset, int64_t length) {
  int error;
  do {
#ifdef __APPLE__
    error = grow(fd, offset + length);
#else
    error = posix_fallocate(fd, (off_t)offset, (off_t)length);
#endif
  } while (error == EINTR);
  return error;
}

static int lock_call(int fd, int command, int64_t byte, short type, struct flock *range) {
  memset(range, 0, sizeof *range);
  range->l_type = type;
  range->l_whence = SEEK_SET;
  range->l_start = (off_t)byte;
  range->l_len = 1;
  int result;
  do {
    result = fcntl(fd, command, range);
  } while (result == -1 && errno == EINTR);
  return result == -1 ? errno : 0;
}

static int system_lock(int fd, int64_t byte, enum lock_mode mode, int *taken) {
  struct flock range;
  short type = mode == LOCK_NONE ? F_UNLCK : mode == LOCK_SHARED ? F_RDLCK : F_WRLCK;
  int error = lock_call(fd, F_OFD_SETLK, byte, type, &range);
  *taken = error == 0;
  return error == EAGAIN || error == EACCES ? 0 : error;
}

static int system_probe(int fd, int64_t byte, int *held) {
  struct flock range;
  int error = lock_call(fd, F_OFD_GETLK, byte, F_WRLCK, &range);
  *held = error == 0 && range.l_type != F_UNLCK;
  return error;
}

static int system_reap(int64_t pid, int *ended) {
  pid_t result;
  do {
    result = waitpid((pid_t)pid, NULL, WNOHANG);
  } while (result == -1 && errno == EINTR);
  *ended = result > 0;
  return result == -1 ? errno : 0;
}
