# What has to be given back: memory reserved in a ring, sockets.

== a record is reserved, checked, filled and submitted
accepted
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = 1
    *(u64 *)(r0 + 8) = 2
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit

== a record is reserved and never given back
because the ring is stuck at a record that nobody will ever submit
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = 1
out:
    r0 = 0
    exit    // rejected: unreleasedReference releaseOnEveryPath

== a record is discarded
accepted
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    r2 = 0
    call bpf_ringbuf_discard
out:
    r0 = 0
    exit

== a record is given back on one way only
because where the interface index is 0 the record is never given back
rejected
map ring ringbuf 0 0 4096
    r6 = *(u32 *)(r1 + 12)
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    if r6 == 0 goto out
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit    // rejected: unreleasedReference releaseOnEveryPath

== a record is given back on every way, by another helper each
accepted
map ring ringbuf 0 0 4096
    r6 = *(u32 *)(r1 + 12)
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    r2 = 0
    if r6 == 0 goto drop
    call bpf_ringbuf_submit
    goto out
drop:
    call bpf_ringbuf_discard
out:
    r0 = 0
    exit

== a record is given back twice
because after the first time the record is the ring's
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    r1 = r6
    r2 = 0
    call bpf_ringbuf_submit    // rejected: helperArgument|notAPointer|uninitialisedRegister
out:
    r0 = 0
    exit

== a record is written after it was submitted
because after that the record is the reader's
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    *(u64 *)(r6 + 0) = 1    // rejected: notAPointer|uninitialisedRegister
out:
    r0 = 0
    exit

== a spilled record is written after it was submitted
because the pointer on the stack is as stale as one in a register
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r10 - 8) = r0
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    r6 = *(u64 *)(r10 - 8)    // or rejected: uninitialisedStack
    *(u64 *)(r6 + 0) = 1    // rejected: notAPointer|uninitialisedRegister
out:
    r0 = 0
    exit

== a record is written without the check that it was given
because the ring may be full
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    r6 = r0
    *(u64 *)(r6 + 0) = 1    // rejected: possiblyNull checkForNull
    if r6 == 0 goto out
    r1 = r6
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit

== a record is submitted without the check that it was given
because the helper takes a record, not nothing
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit    // rejected: possiblyNull|helperArgument checkForNull
    r0 = 0
    exit    // perhaps rejected: unreleasedReference

== a record is written past its end
because the record has 16 bytes
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 9) = 1    // rejected: outOfBoundsMemory
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit

== a record is submitted from its middle (CVE-2021-4204)
because the helper finds the record's header before what it is given
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    r1 += 8
    r2 = 0
    call bpf_ringbuf_submit    // rejected: helperArgument
out:
    r0 = 0
    exit    // perhaps rejected: unreleasedReference

== a record of a variable size
because how far the record reaches must be known to check what is written
rejected
map ring ringbuf 0 0 4096
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    r1 = map(ring)
    r3 = 0
    call bpf_ringbuf_reserve    // rejected: helperArgument
    if r0 == 0 goto out
    r1 = r0
    r2 = 0
    call bpf_ringbuf_discard
out:
    r0 = 0
    exit

== memory of another kind is submitted
because the helper would take the frame for a record
rejected
map ring ringbuf 0 0 4096
    *(u64 *)(r10 - 8) = 0
    r1 = r10
    r1 += -8
    r2 = 0
    call bpf_ringbuf_submit    // rejected: helperArgument
    r0 = 0
    exit

== a record is reserved by a function and submitted by its caller
accepted
map ring ringbuf 0 0 4096
    call reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = 1
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit
reserve:
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    exit

== a record is reserved by a function and forgotten by its caller
because the caller overwrites the only pointer to the record
rejected
map ring ringbuf 0 0 4096
    call reserve
    r0 = 0
    exit    // rejected: unreleasedReference releaseOnEveryPath
reserve:
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    exit

== a record is submitted by a function
accepted
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    call submit
out:
    r0 = 0
    exit
submit:
    r2 = 0
    call bpf_ringbuf_submit
    r0 = 0
    exit

== a record is submitted by a function and written by the caller
because the caller's pointer is stale when the function returns
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    call submit
    *(u64 *)(r6 + 0) = 1    // rejected: notAPointer|uninitialisedRegister
out:
    r0 = 0
    exit
submit:
    r2 = 0
    call bpf_ringbuf_submit
    r0 = 0
    exit

== a tail call while a record is reserved
because the next program knows nothing of the record
rejected
map ring ringbuf 0 0 4096
map next programArray 4 4 8
    r6 = r1
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r7 = r0
    r1 = r6
    r2 = map(next)
    r3 = 0
    call bpf_tail_call    // rejected: unreleasedReference
    r1 = r7
    r2 = 0
    call bpf_ringbuf_discard
out:
    r0 = 0
    exit

== a record is reserved in every round of a loop and submitted in every round
accepted
map ring ringbuf 0 0 4096
    r6 = 0
again:
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = r6
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
    r6 += 1
    if r6 < 8 goto again
out:
    r0 = 0
    exit

== a record is reserved in every round of a loop and submitted after the loop
because only the last one is submitted
rejected
map ring ringbuf 0 0 4096
    r6 = 0
    r7 = 0
again:
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r7 = r0
    r6 += 1
    if r6 < 8 goto again
    r1 = r7
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit    // rejected: unreleasedReference

== one of two records is given back
because the second record is never given back
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    r6 = r0
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    if r6 == 0 goto out
    r1 = r6
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit    // rejected: unreleasedReference

== the first of two records is checked, the second is used
because that the first was given says nothing of the second
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = map(ring)
    r2 = 8
    r3 = 0
    call bpf_ringbuf_reserve
    r7 = r0
    *(u64 *)(r7 + 0) = 1    // rejected: possiblyNull checkForNull
    r1 = r6
    r2 = 0
    call bpf_ringbuf_submit
    if r7 == 0 goto out
    r1 = r7
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit

== a pointer is stored into a record
because whoever reads the ring learns an address
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    *(u64 *)(r0 + 0) = r10    // rejected: addressLeak
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit
out:
    r0 = 0
    exit

== a socket is looked up and released
accepted
program tc
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp
    if r0 == 0 goto out
    r1 = r0
    call bpf_sk_release
out:
    r0 = 0
    exit

== a socket is looked up and not released
because the socket can never be freed
rejected
program tc
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp
    r0 = 0
    exit    // rejected: unreleasedReference releaseOnEveryPath

== a socket that may be nothing is released
because the helper takes a socket, not nothing
rejected
program tc
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp
    r1 = r0
    call bpf_sk_release    // rejected: possiblyNull|helperArgument checkForNull
    r0 = 0
    exit    // perhaps rejected: unreleasedReference

== a socket is released twice
because after the first time it may be freed
rejected
program tc
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    call bpf_sk_release
    r1 = r6
    call bpf_sk_release    // rejected: helperArgument|notAPointer|uninitialisedRegister
out:
    r0 = 0
    exit

== a socket is handed to the helper for records
because the helper for records would take the socket for one
rejected
program tc
    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    r2 = 0
    call bpf_ringbuf_submit    // rejected: helperArgument
    r1 = r6
    call bpf_sk_release
out:
    r0 = 0
    exit
