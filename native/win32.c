/* Windows: file mappings, and byte locks that belong to a handle, as open file description locks do on Linux.
 *
 * Links against kernel32 only, without a C runtime: a descriptor belongs to the runtime of node.exe, which translates it. */
#include "node-exports.h"

#include "binding.h"

/* A locked byte cannot be read or written by others on Windows. Locks therefore lie far behind every file's end; each has
 * a turn beside it, which is held during a call only. */
#define LOCKS_AT 0x4000000000000000LL
#define TURNS_AT 0x5000000000000000LL

/* How long a call waits for the turn of another process, which needs microseconds unless it is suspended. */
#define TURN_SPINS 200
#define TURN_MILLISECONDS 500

static int errno_of(DWORD error) {
  switch (error) {
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: return EACCES;
    case ERROR_INVALID_HANDLE: return EBADF;
    case ERROR_INVALID_PARAMETER:
    case ERROR_MAPPED_ALIGNMENT: return EINVAL;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return ENOSPC;
    case ERROR_FILE_TOO_LARGE: return EFBIG;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES: return ENOMEM;
    case ERROR_NOT_SUPPORTED:
    case ERROR_INVALID_FUNCTION: return ENODEV;
    default: return EIO;
  }
}

static int failed(void) { return errno_of(GetLastError()); }

/* Returns the handle of a descriptor of node.exe; INVALID_HANDLE_VALUE if there is none. */
static HANDLE handle_of(int fd) { return (HANDLE)node_handle_of(fd); }

static int64_t system_granularity(void) {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwAllocationGranularity;
}

/* Neither a truncation nor a removal of the file takes the bytes away: Windows refuses both while a mapping exists. */
static int system_map(int fd, int64_t offset, int64_t length, void **data) {
  HANDLE file = handle_of(fd);
  if (file == INVALID_HANDLE_VALUE) return EBADF;
  int64_t end = offset + length;
  HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, (DWORD)(end >> 32), (DWORD)end, NULL);
  if (section == NULL) return failed();
  *data = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, (DWORD)(offset >> 32), (DWORD)offset, (SIZE_T)length);
  int error = *data == NULL ? failed() : 0;
  CloseHandle(section); /* the view keeps it */
  return error;
}

static void system_unmap(void *data, int64_t length) {
  (void)length;
  UnmapViewOfFile(data);
}

static OVERLAPPED position(int64_t offset) {
  OVERLAPPED at;
  at.Internal = at.InternalHigh = 0;
  at.Offset = (DWORD)offset;
  at.OffsetHigh = (DWORD)(offset >> 32);
  at.hEvent = NULL;
  return at;
}

/* Writes zeros from the end of the file on: the blocks then exist, also where files may have holes. */
static int system_reserve(int fd, int64_t offset, int64_t length) {
  static char zeros[64 * 1024];
  HANDLE file = handle_of(fd);
  if (file == INVALID_HANDLE_VALUE) return EBADF;
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file, &size)) return failed();
  int64_t end = offset + length;
  for (int64_t from = size.QuadPart; from < end;) {
    OVERLAPPED at = position(from);
    DWORD count = end - from > (int64_t)sizeof zeros ? (DWORD)sizeof zeros : (DWORD)(end - from);
    DWORD written = 0;
    if (!WriteFile(file, zeros, count, &written, &at)) return failed();
    if (written == 0) return ENOSPC;
    from += written;
  }
  return 0;
}

/* Locks without waiting; `taken` is 0 if the byte is locked already, also by this handle. */
static int try_lock(HANDLE file, int64_t byte, int alone, int *taken) {
  OVERLAPPED at = position(byte);
  DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (alone ? LOCKFILE_EXCLUSIVE_LOCK : 0);
  *taken = LockFileEx(file, flags, 0, 1, 0, &at) != 0;
  if (*taken) return 0;
  DWORD error = GetLastError();
  return error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING ? 0 : errno_of(error);
}

/* Returns whether the handle held the byte. */
static int unlock(HANDLE file, int64_t byte) {
  OVERLAPPED at = position(byte);
  return UnlockFileEx(file, 0, 1, 0, &at) != 0;
}

/* Takes the byte's turn. A probe has to lock the byte for an instant: without turns, an owner that comes at that instant
 * would find its byte taken, and two probes would find each other. A process that is suspended during its turn keeps the
 * others waiting only for a while. */
static int take_turn(HANDLE file, int64_t byte, int *taken) {
  ULONGLONG until = 0;
  for (int spins = 0;; spins++) {
    int error = try_lock(file, TURNS_AT + byte, 1, taken);
    if (error != 0 || *taken) return error;
    if (spins < TURN_SPINS) {
      SwitchToThread();
      continue;
    }
    ULONGLONG now = GetTickCount64();
    if (until == 0) until = now + TURN_MILLISECONDS;
    if (now >= until) return 0;
    Sleep(1);
  }
}

/* Whether this handle holds the byte exclusively, if it has just taken it shared as well. */
static int holds_alone(HANDLE file, int64_t byte) {
  HANDLE other = ReOpenFile(file, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0);
  if (other == INVALID_HANDLE_VALUE) return 0;
  int free = 0;
  try_lock(other, byte, 0, &free);
  CloseHandle(other); /* releases its lock */
  return !free;
}

static int change_lock(HANDLE file, int64_t byte, enum lock_mode mode, int *taken) {
  *taken = 1;
  if (mode == LOCK_NONE) {
    while (unlock(file, byte));
    return 0;
  }
  int error = try_lock(file, byte, mode == LOCK_ALONE, taken);
  /* One that had it exclusively now has it in both modes: the first release is that of the exclusive one, so at no moment
   * is the byte free. */
  if (error == 0 && *taken && mode == LOCK_SHARED && holds_alone(file, byte)) unlock(file, byte);
  return error;
}

static int system_lock(int fd, int64_t byte, enum lock_mode mode, int *taken) {
  HANDLE file = handle_of(fd);
  if (file == INVALID_HANDLE_VALUE) return EBADF;
  int turn;
  int error = take_turn(file, byte, &turn);
  if (error != 0) return error;
  error = change_lock(file, LOCKS_AT + byte, mode, taken);
  if (turn) unlock(file, TURNS_AT + byte);
  return error;
}

static int system_probe(int fd, int64_t byte, int *held) {
  HANDLE file = handle_of(fd);
  if (file == INVALID_HANDLE_VALUE) return EBADF;
  int turn;
  int error = take_turn(file, byte, &turn);
  if (error != 0) return error;
  int taken;
  error = try_lock(file, LOCKS_AT + byte, 1, &taken);
  if (taken) unlock(file, LOCKS_AT + byte);
  *held = !taken;
  if (turn) unlock(file, TURNS_AT + byte);
  return error;
}

/* Windows has no zombies. */
static int system_reap(int64_t pid, int *ended) {
  (void)pid;
  *ended = 0;
  return ENOSYS;
}

/* The end of a process does not free its number while another process has a handle of it. */
static int system_started(int64_t pid, int64_t *milliseconds) {
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, (DWORD)pid);
  if (process == NULL) return GetLastError() == ERROR_ACCESS_DENIED ? EPERM : ESRCH;
  FILETIME began, ended, kernel, user;
  int error = WaitForSingleObject(process, 0) == WAIT_OBJECT_0 ? ESRCH
              : GetProcessTimes(process, &began, &ended, &kernel, &user) ? 0
                                                                          : failed();
  CloseHandle(process);
  if (error != 0) return error;
  /* Windows counts in 100 ns since 1601. */
  int64_t ticks = (int64_t)began.dwHighDateTime << 32 | began.dwLowDateTime;
  *milliseconds = ticks / 10000 - 11644473600000LL;
  return 0;
}
