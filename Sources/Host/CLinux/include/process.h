// Processes, and messages with descriptors between them.
#pragma once
#include <stdint.h>

// Starts `path` in a new process with an empty environment and `arguments` (ended by a null), descriptors `kept[0 ..< count]`
// renumbered to 3, 4, …, everything else above standard error closed. Returns the process id.
int64_t clinux_spawn(const char *path, const char *const *arguments, const int32_t *kept, int32_t count);
// fork(2), for a process with a single thread only. 0 in the child.
int64_t clinux_fork(void);
int64_t clinux_kill(int32_t process);
int64_t clinux_pidfd_open(int32_t process);
int64_t clinux_pidfd_signal(int32_t pidfd, int32_t signal);
// 1 once the process behind a pidfd is gone, 0 after `timeout_milliseconds`.
int64_t clinux_pidfd_wait(int32_t pidfd, int32_t timeout_milliseconds);
// Collects one ended child of any id without waiting: its id, or 0. `status` as waitpid(2) gives it.
int64_t clinux_reap(int32_t *status);
int64_t clinux_wait(int32_t process, int32_t *status);
// Makes SIGUSR1 set one byte, and SIGCHLD interrupt a poll. The handlers do nothing else.
int64_t clinux_stop_signal_sets(uint8_t *flag);
int64_t clinux_child_signal_interrupts(void);
// SIGINT does nothing from here on, here and in processes that are started later: of a terminal's, only one process is to take notice.
int64_t clinux_ignore_interrupt(void);
// SIGINT and SIGTERM are remembered from here on, and interrupt a call that waits.
int64_t clinux_catch_end(void);
int32_t clinux_was_asked_to_end(void);
// From here on SIGHUP is remembered, and interrupts what waits; each is taken once.
int64_t clinux_catch_renewal(void);
int32_t clinux_take_renewal(void);
_Noreturn void clinux_exit(int32_t status);
int64_t clinux_process_id(void);
// Makes `to` name what `from` names, closes `from`; close-on-exec.
int64_t clinux_renumber(int32_t from, int32_t to);
// Waits until `descriptor` can be read (1) or a child ended (-EINTR), without a gap in between in which a child could end unseen.
int64_t clinux_wait_readable_or_child(int32_t descriptor);

// A connected pair of SOCK_SEQPACKET sockets.
int64_t clinux_socket_pair(int32_t pair[2]);
// Sends one message with up to 8 descriptors.
int64_t clinux_send(int32_t socket, const void *bytes, uint64_t size, const int32_t *descriptors, int32_t count);
// Receives one message; a cut message or too many descriptors is -EMSGSIZE. `count` says how many arrived. 0 bytes: the peer is gone.
int64_t clinux_receive(int32_t socket, void *bytes, uint64_t capacity, int32_t *descriptors, int32_t *count);
// Waits until the socket can be read (1) or the timeout (0; -1: for ever). -EINTR on a signal.
int64_t clinux_poll_readable(int32_t descriptor, int32_t timeout_milliseconds);

// Opens a regular file to read it; anything else is -EINVAL, and nothing hangs (a FIFO, a terminal).
int64_t clinux_open_regular(const char *path);
int64_t clinux_open_read_only(const char *path);
int64_t clinux_open_read_write(const char *path);
// The path of this executable.
int64_t clinux_own_path(char *path, uint64_t capacity);
// What the clocks that go on in sleep (CLOCK_BOOTTIME), and in atomic time (CLOCK_TAI), say in nanoseconds, without a system call.
uint64_t clinux_boot_nanoseconds(void);
uint64_t clinux_atomic_nanoseconds(void);

// CLOCK_MONOTONIC in nanoseconds, without a system call.
uint64_t clinux_monotonic_nanoseconds(void);
// CLOCK_REALTIME: since 1970.
uint64_t clinux_real_nanoseconds(void);
int64_t clinux_random(void *bytes, uint64_t size);
int64_t clinux_write(int32_t descriptor, const void *bytes, uint64_t size);
int64_t clinux_read_at(int32_t descriptor, void *bytes, uint64_t size, uint64_t offset);
int64_t clinux_write_at(int32_t descriptor, const void *bytes, uint64_t size, uint64_t offset);
// Lets another thread of this processor run first, if there is one.
int64_t clinux_yield(void);
// 1 where the descriptor is a terminal.
int64_t clinux_is_terminal(int32_t descriptor);
