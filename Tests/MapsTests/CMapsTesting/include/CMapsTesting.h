// What the tests of maps need of Linux: memory between guard pages, threads, and processes that die where they are told to.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Shared zero-filled memory with an unmapped page on each side. Its end, or else its start, touches the guard page.
void *mapstest_map(size_t size, int at_end);
void mapstest_unmap(void *storage, size_t size);

/// Runs `body(argument, 0 ..< count)` on `count` threads and waits for them all.
void mapstest_threads(int count, void (*body)(void *argument, int index), void *argument);

/// Forks; the child runs `body(argument)` and exits with 0. A traced child first stops and waits to be stepped.
int mapstest_start(void (*body)(void *argument), void *argument, int traced);
/// Lets a traced child execute one instruction; 0 once it has exited. Only for the thread that started it.
int mapstest_step(int child);
/// Kills the child wherever it is and waits for its end. Returns 1 if it had exited by itself.
int mapstest_kill(int child);

uint64_t mapstest_nanoseconds(void);
