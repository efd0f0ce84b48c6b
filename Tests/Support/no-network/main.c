// no-network COMMAND [ARGUMENT]...
//
// Runs a command in a network namespace of its own, in which there is no way anywhere, and under a filter that kills any process which asks for a
// socket, or for a ring through which it could. What the command starts inherits both. A command that ends as it does elsewhere has used no network.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// As a shell's, for what never got to the command.
enum { NOT_BEGUN = 125 };

static int fail(const char *what, int error) {
    fprintf(stderr, "no-network: %s: %s\n", what, strerror(error));
    return NOT_BEGUN;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: no-network COMMAND [ARGUMENT]...\n");
        return NOT_BEGUN;
    }
    if (unshare(CLONE_NEWNET) != 0) return fail("unshare", errno);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL) return fail("seccomp_init", ENOMEM);
    // A 32-bit program's calls have other numbers.
    int status = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    const int calls[] = {SCMP_SYS(socket), SCMP_SYS(io_uring_setup)};
    for (size_t index = 0; index < sizeof calls / sizeof *calls && status == 0; index++)
        status = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, calls[index], 0);
    if (status == 0) status = seccomp_load(filter);
    if (status != 0) return fail("seccomp", -status);
    seccomp_release(filter);
    execvp(argv[1], argv + 1);
    return fail(argv[1], errno);
}
