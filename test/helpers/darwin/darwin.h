/* Included before posix.c, this compiles what it does on macOS for Linux: the calls that only macOS has, made of those of Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* As on a system where the numbers mean something else: locks that belong to a process, and not to an open file. */
#ifdef WRONG_LOCKS
#undef F_OFD_SETLK
#undef F_OFD_GETLK
#define F_OFD_SETLK F_SETLK
#define F_OFD_GETLK F_GETLK
#endif

#define F_PREALLOCATE 42
#define F_ALLOCATEALL 4
#define F_PEOFPOSMODE 3

typedef struct {
  unsigned int fst_flags;
  int fst_posmode;
  off_t fst_offset;
  off_t fst_length;
  off_t fst_bytesalloc;
} fstore_t;

/* As macOS does, from the last byte that has space, and without changing the size of the file. */
static int preallocate(int fd, const fstore_t *space) {
  struct stat file;
  if (space->fst_flags != F_ALLOCATEALL || space->fst_posmode != F_PEOFPOSMODE || space->fst_offset != 0) {
    errno = EINVAL;
    return -1;
  }
  if (fstat(fd, &file) == -1) return -1;
  return fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)file.st_blocks * 512, space->fst_length);
}

static int darwin_fcntl(int fd, int command, void *argument) {
  return command == F_PREALLOCATE ? preallocate(fd, argument) : fcntl(fd, command, argument);
}

static int minherit(void *data, size_t length, int inheritance) {
  (void)inheritance;
  return madvise(data, length, MADV_DONTFORK);
}

#define fcntl darwin_fcntl
#define __APPLE__ 1
