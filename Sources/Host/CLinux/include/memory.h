// Mappings, memory files and futexes.
#pragma once
#include <stdint.h>

// Reserves `size` bytes of address space that nothing can touch; returns its address or a negated errno.
int64_t clinux_reserve(uint64_t size);
// Maps `size` bytes of `descriptor` (or private zeroes where it is -1) at exactly `address`, replacing what was there.
int64_t clinux_map_at(uint64_t address, uint64_t size, int32_t writable, int32_t descriptor);
// Maps `size` bytes of `descriptor` from `offset`, to be written too, at exactly `address`, replacing what was there.
int64_t clinux_map_again(uint64_t address, uint64_t size, int32_t descriptor, uint64_t offset);
// Maps `size` bytes of `descriptor` anywhere.
int64_t clinux_map(uint64_t size, int32_t writable, int32_t descriptor);
// What a process may do with a page, beside reading it.
enum : int32_t { CLINUX_READ = 0, CLINUX_WRITE = 1, CLINUX_EXECUTE = 2 };
// Maps `size` bytes of `descriptor` from `offset`, or private zeroes where it is -1, at `address` itself: -EEXIST where something is
// there already.
int64_t clinux_map_exactly(uint64_t address, uint64_t size, int32_t access, int32_t descriptor, uint64_t offset);
int64_t clinux_unmap(uint64_t address, uint64_t size);

// A memory file that can never become executable (MFD_NOEXEC_SEAL) and can be sealed.
int64_t clinux_memfd(const char *name, uint64_t size);
// Seals: no write by anyone, no change of size, no further seal.
int64_t clinux_seal(int32_t descriptor);
// Seals the size only: both sides go on writing.
int64_t clinux_seal_size(int32_t descriptor);
// Whether nobody can write the file any more, for ever.
int64_t clinux_is_sealed(int32_t descriptor);
int64_t clinux_file_size(int32_t descriptor);

// Waits until the word at `address` differs from `value`, a wake, a signal, or the timeout (0: for ever). Shared between processes.
int64_t clinux_futex_wait(uint64_t address, uint32_t value, uint64_t timeout_nanoseconds);
int64_t clinux_futex_wake(uint64_t address);
