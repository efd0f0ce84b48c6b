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

// Reading what others may have tampered with. Nothing here follows a link, leaves a mount, waits, or goes above where it begins.

struct clinux_file_facts {
    uint64_t size;
    uint64_t device, inode;
    int64_t changed_nanoseconds; // of the contents or of what the file system knows of the file, whichever is later
    uint32_t mode; // type and permissions, as stat(2)
    uint32_t owner;
    uint64_t links;
};
enum : uint32_t { CLINUX_MODE_TYPE = 0170000, CLINUX_MODE_REGULAR = 0100000, CLINUX_MODE_DIRECTORY = 0040000 };
// Opens a directory by its whole path, none of whose parts is a link.
int64_t clinux_open_directory_strictly(const char *path);
// Opens what `path` names beneath `directory` to read it: a directory where `is_directory`, anything else without touching what it is.
int64_t clinux_open_beneath(int32_t directory, const char *path, int32_t is_directory);
int64_t clinux_file_facts(int32_t descriptor, struct clinux_file_facts *facts);
// Of what is at a path: of a link itself, where it is one. Nothing is opened, and nobody is asked who owns it.
int64_t clinux_path_facts(const char *path, struct clinux_file_facts *facts);
// The names in a directory but for `.` and `..`, each ended by a zero byte; how many bytes that is, or -EOVERFLOW where they are more than
// `capacity`.
int64_t clinux_list(int32_t directory, char *names, uint64_t capacity);
// Whose files this process' own are.
uint32_t clinux_effective_user(void);
// Makes a directory in another for its owner alone; one that is there already is left as it is.
int64_t clinux_make_directory_in(int32_t directory, const char *name);
int64_t clinux_set_permissions(int32_t descriptor, uint32_t permissions);
// The seconds of the wall clock since 1970.
int64_t clinux_wall_seconds(void);
// A file of the kernel's own in /proc or /sys, whose size says nothing; how many bytes were read.
int64_t clinux_read_kernel_file(const char *path, char *text, uint64_t capacity);
