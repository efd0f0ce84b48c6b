#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t clinux_close(int32_t descriptor) { return close(descriptor) ? -errno : 0; }

void clinux_error_text(int32_t code, char *text, size_t capacity) {
    char scratch[128];
    snprintf(text, capacity, "%s", strerror_r(code, scratch, sizeof scratch));
}

int64_t clinux_duplicate(int32_t descriptor) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

void *clinux_lock_make_recursive(void) {
    pthread_mutex_t *lock = malloc(sizeof *lock);
    pthread_mutexattr_t attributes;
    if (!lock || pthread_mutexattr_init(&attributes) || pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE)
        || pthread_mutex_init(lock, &attributes))
        abort();
    pthread_mutexattr_destroy(&attributes);
    return lock;
}

void *clinux_lock_make(void) {
    pthread_mutex_t *lock = malloc(sizeof *lock);
    if (!lock || pthread_mutex_init(lock, NULL)) abort();
    return lock;
}

void clinux_lock_take(void *lock) {
    if (pthread_mutex_lock(lock)) abort();
}

void clinux_lock_leave(void *lock) {
    if (pthread_mutex_unlock(lock)) abort();
}

void clinux_lock_free(void *lock) {
    pthread_mutex_destroy(lock);
    free(lock);
}
