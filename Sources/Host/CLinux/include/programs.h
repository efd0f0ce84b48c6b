// Other programs that a tool asks for something: over a socket, or by running them.
#pragma once
#include <stdint.h>

// Connects to the local stream socket of that name.
int64_t clinux_connect_local(const char *path);
// All bytes, or an error; -ENODATA where the other side has closed.
int64_t clinux_send_all(int32_t socket, const uint8_t *bytes, uint64_t count);
int64_t clinux_receive_all(int32_t socket, uint8_t *bytes, uint64_t count);
// Runs `sh -c command` with `input` as its standard input, and reads at most `capacity` bytes of its standard output; how many it wrote goes to
// `length`, which is more than `capacity` where it wrote more. Its standard error is this process'. Returns its wait status.
int64_t clinux_run_filter(
    const char *command, const uint8_t *input, uint64_t size, uint8_t *output, uint64_t capacity, uint64_t *length);
