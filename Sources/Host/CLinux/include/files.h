// Files of one directory, by names that lead nowhere else.
#pragma once
#include <stdint.h>

// Makes a directory for its owner alone; one that is there already is left as it is.
int64_t clinux_make_directory(const char *path);
int64_t clinux_open_directory(const char *path);
enum : int32_t { CLINUX_FILE_READ = 0, CLINUX_FILE_WRITE = 1, CLINUX_FILE_NEW = 2, CLINUX_FILE_APPEND = 3 };
// Opens a regular file of a directory: to read, to read and write, a new one that must not be there, or one that may be there and whose
// writes all go to its end. No link is followed; what is no
// regular file is -EINVAL.
int64_t clinux_open_in(int32_t directory, const char *name, int32_t how);
int64_t clinux_rename_in(int32_t directory, const char *from, const char *to);
int64_t clinux_unlink_in(int32_t directory, const char *name);
// Gives a file its size, and its bytes room that cannot run out later.
int64_t clinux_allocate(int32_t descriptor, uint64_t size);
int64_t clinux_synchronise(int32_t descriptor);
// Takes the lock of an open file, which all who share its description have; -EWOULDBLOCK where another has it.
int64_t clinux_try_lock(int32_t descriptor);
int64_t clinux_unlock(int32_t descriptor);
