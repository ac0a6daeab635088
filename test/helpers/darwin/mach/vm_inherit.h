/* What posix.c needs of this header of macOS. */
#define VM_INHERIT_NONE 2
