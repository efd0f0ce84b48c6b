// System calls and constants that Swift cannot import. Every function that can fail returns a result, or a negated errno.
// No glibc header is included here: with `import Glibc` beside it, a public header must not change what that module sees.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "confinement.h"
#include "files.h"
#include "kvm.h"
#include "memory.h"
#include "packet.h"
#include "process.h"
#include "programs.h"
#include "service.h"
#include "supervision.h"
#include "tracing.h"

int64_t clinux_close(int32_t descriptor);
// Writes strerror(3)'s text and a terminating 0 into `text`.
void clinux_error_text(int32_t code, char *text, size_t capacity);

// A second descriptor of the same open file.
int64_t clinux_duplicate(int32_t descriptor);

// A lock of the C library's. Whoever takes it leaves it, on the same thread; nobody takes it twice, unless it was made for that.
void *clinux_lock_make(void);
void *clinux_lock_make_recursive(void);
void clinux_lock_take(void *lock);
void clinux_lock_leave(void *lock);
void clinux_lock_free(void *lock);
