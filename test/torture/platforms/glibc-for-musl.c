/* What glibc's libstdc++ and libgcc ask of their C library and musl lacks, so that a program for musl finds them here. */
typedef unsigned long size_t;
typedef void *locale_t;
struct tm;
size_t strftime_l(char *, size_t, const char *, const struct tm *, locale_t);
long syscall(long, ...);

char __libc_single_threaded = 0;

int _dl_find_object(void *pc, void *result) {
  (void)pc;
  (void)result;
  return -1;
}

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

unsigned arc4random(void) {
  unsigned value;
  syscall(318, &value, sizeof value, 0);
  return value;
}

/* Destructors of thread-local objects do not run. */
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) {
  (void)destroy;
  (void)object;
  (void)library;
  return 0;
}

/* libgcc has these under an old version only, which the loader of musl does not look at. */
char __cpu_model[16];

int __cpu_indicator_init(void) { return 0; }
