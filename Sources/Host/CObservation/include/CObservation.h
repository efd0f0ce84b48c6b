// The kernel's side of observation: the programs of Images/shim/observation.bpf.c, loaded and attached by libbpf.
//
// Every function that can fail returns a result, or a negated errno. A handle serves one thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

// What each event in the ring begins with; its bytes follow. As the shim has it.
struct cobservation_event {
    uint64_t time;
    // The process above, the thread below; the group above, the user below: as bpf_get_current_pid_tgid and _uid_gid give them.
    uint64_t thread;
    uint64_t user;
    uint64_t cgroup;
    uint64_t cookie;
    uint8_t command[16];
    uint32_t source;
    uint32_t processor;
    uint32_t size;
    uint32_t is_socket;
};

struct cobservation;

enum {
    COBSERVATION_PROBLEM_SIZE = 1024,
    // No event is longer, with what it begins with.
    COBSERVATION_LARGEST = sizeof(struct cobservation_event) + 2048,
};

// Opens the shim, with only those of its programs that are `wanted` (names, ended by a null), and has the kernel take them.
// Where it does not, `problem` says why in libbpf's words.
int64_t cobservation_load(struct cobservation **made, const void *object, size_t size, const char *const *wanted,
                          char problem[COBSERVATION_PROBLEM_SIZE]);
// Attaches the program of records to a tracepoint, by the number that tracefs has for it.
int64_t cobservation_attach_record(struct cobservation *observation, uint64_t tracepoint, uint64_t cookie);
// Attaches a program of sockets to a cgroup.
int64_t cobservation_attach_socket(struct cobservation *observation, const char *program, int32_t cgroup);
// What has to stay open for events to come; how many.
int32_t cobservation_descriptors(const struct cobservation *observation, int32_t *descriptors, int32_t capacity);
// Waits until there are events: 1, or 0 after so long or where a signal came.
int64_t cobservation_wait(const struct cobservation *observation, int32_t milliseconds);
// Moves events into `buffer`, each behind its length in 8 bytes and filled up to a multiple of 8; how many bytes there are now.
int64_t cobservation_take(struct cobservation *observation, void *buffer, size_t capacity);
// From now on nothing that this process (by its number in the first namespace) does is an event, or again is.
void cobservation_silence(struct cobservation *observation, uint32_t process, int32_t is_silent);
// Events for which there was no room in the ring.
uint64_t cobservation_lost(const struct cobservation *observation);
// Nothing is observed afterwards; what is in the ring can still be taken.
void cobservation_detach(struct cobservation *observation);

// The folder of the kernel's tracepoints: where it is mounted, or a mount that nobody else sees.
int64_t cobservation_open_tracepoints(void);
// Reads `file` of a tracepoint ("id", "format") whose names have letters, digits and _ only; its length.
int64_t cobservation_read_tracepoint(int32_t folder, const char *category, const char *name, const char *file,
                                     char *text, size_t capacity);
int64_t cobservation_open_cgroup(const char *path);
