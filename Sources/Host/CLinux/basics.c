#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t clinux_close(int32_t descriptor) { return close(descriptor) ? -errno : 0; }

void clinux_error_text(int32_t code, char *text, size_t capacity) {
    char scratch[128];
    snprintf(text, capacity, "%s", strerror_r(code, scratch, sizeof scratch));
}
