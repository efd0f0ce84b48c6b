// What the tests of maps need of Linux: memory between guard pages, threads, and processes that die where they are
// told to.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Shared zero-filled memory with an unmapped page on each side. Its end, or else its start, touches the guard page.
void *_Nonnull mapstest_map(size_t size, int at_end);
void mapstest_unmap(void *_Nonnull storage, size_t size);

/// Runs `body(argument, 0 ..< count)` on `count` threads and waits for them all.
void mapstest_threads(int count, void (*_Nonnull body)(void *_Nonnull argument, int index), void *_Nonnull argument);

/// Forks; the child runs `body(argument)` and exits with 0. A traced child first stops and waits to be stepped.
int mapstest_start(void (*_Nonnull body)(void *_Nonnull argument), void *_Nonnull argument, int traced);
/// Steps a traced child, instruction by instruction, until the memory that it shares differs from what was seen
/// last, which is then seen. Returns 0 once the child has exited and is gone. Only for the thread that started it.
int mapstest_step(int child, const void *_Nonnull memory, void *_Nullable seen, size_t size);
/// Kills the child wherever it is and waits for its end. Returns 1 if it had exited by itself.
int mapstest_kill(int child);

void mapstest_sleep(uint64_t nanoseconds);
