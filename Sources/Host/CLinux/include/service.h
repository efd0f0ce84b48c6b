// What a process that serves others needs of the host.
#pragma once
#include <stdint.h>

// Listens at a path (AF_UNIX, SOCK_STREAM), which nobody else may be listening at; one that was left behind is replaced. `mode` are the
// permissions of the socket, `group` its group, or -1. The descriptor.
int64_t clinux_serve_at(const char *path, uint32_t mode, int64_t group);
// Connects to whoever listens at a path, and waits no longer than so for each part of what is said there; the descriptor.
int64_t clinux_connect_service(const char *path, uint32_t patience_seconds);
// As send(2) says; a peer that is gone is an error and no signal.
int64_t clinux_send_bytes(int32_t descriptor, const void *bytes, uint64_t size);
// The descriptor that a service manager has opened for this process (sd_listen_fds(3)); 0 where it has not, -EINVAL where there are several.
int64_t clinux_inherited_socket(void);
// Connects to the service manager's socket at `path` ('@': abstract), so that it can be told of this process; the descriptor.
int64_t clinux_connect_manager(const char *path);
int64_t clinux_tell_manager(int32_t descriptor, const char *text);

// What the kernel says of who connected: `struct ucred` (unix(7)), which SO_PEERCRED gives.
enum { CLINUX_PEER_CREDENTIALS = 17 };
struct clinux_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};
