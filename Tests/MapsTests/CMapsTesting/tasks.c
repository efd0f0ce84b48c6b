#define _GNU_SOURCE
#include "CMapsTesting.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct thread {
    pthread_t id;
    void (*body)(void *, int);
    void *argument;
    int index;
};

static void *run(void *context) {
    struct thread *thread = context;
    thread->body(thread->argument, thread->index);
    return NULL;
}

void mapstest_threads(int count, void (*body)(void *, int), void *argument) {
    struct thread threads[16];
    if (count > 16) abort();
    for (int i = 0; i < count; i++) {
        threads[i] = (struct thread){.body = body, .argument = argument, .index = i};
        if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0) abort();
    }
    for (int i = 0; i < count; i++) pthread_join(threads[i].id, NULL);
}

int mapstest_start(void (*body)(void *), void *argument, int traced) {
    pid_t child = fork();
    if (child < 0) abort();
    if (child > 0) {
        if (traced) waitpid(child, NULL, 0);
        return child;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (traced) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(1);
        raise(SIGSTOP);
    }
    body(argument);
    _exit(0);
}

int mapstest_step(int child, const void *memory, void *seen, size_t size) {
    do {
        int status = 0;
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) abort();
        if (waitpid(child, &status, 0) != child) abort();
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) abort();
    } while (memcmp(memory, seen, size) == 0);
    memcpy(seen, memory, size);
    return 1;
}

int mapstest_kill(int child) {
    int status = 0;
    kill(child, SIGKILL);
    if (waitpid(child, &status, 0) != child) abort();
    return WIFEXITED(status);
}
