# Functions that are called more than once: what is known of the first call may say something of the second, and must not say more.

== the results of two calls are two numbers
because each call rolls anew: the difference is anything
rejected
map cells array 4 64 1
    call roll
    r6 = r0
    call roll
    r6 -= r0
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit
roll:
    call bpf_get_prandom_u32
    r0 &= 1023
    exit

== the result of a call is the same number as its copy
accepted
map cells array 4 64 1
    call roll
    r6 = r0
    r7 = r0
    call roll
    r6 -= r7
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)
    r0 = 0
    exit
roll:
    call bpf_get_prandom_u32
    r0 &= 1023
    exit

== what a function finds out of its argument holds of the caller's copy
accepted
map cells array 4 64 1
    call bpf_get_prandom_u32
    r6 = r0
    r1 = r0
    call inside
    if r0 == 0 goto out
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit
inside:
    r0 = 0
    if r1 > 63 goto no
    r0 = 1
no:
    exit

== what a function finds out of one argument holds of no other
because the second call looks at r7, and r8 is never looked at
rejected
map cells array 4 64 1
    call bpf_get_prandom_u32
    r7 = r0
    call bpf_get_prandom_u32
    r8 = r0
    r1 = r7
    call inside
    if r0 == 0 goto out
    r1 = r7
    call inside
    if r0 == 0 goto out
    r1 = value(cells)
    r1 += r8
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit
inside:
    r0 = 0
    if r1 > 63 goto no
    r0 = 1
no:
    exit

== the packet is moved by a function that was called before
because the second call moves the packet as the first one did, and r7 is from between them
rejected
    r6 = r1
    call shift
    r7 = *(u32 *)(r6 + 0)
    r8 = *(u32 *)(r6 + 4)
    r2 = r7
    r2 += 8
    if r2 > r8 goto out
    r1 = r6
    call shift
    r0 = *(u8 *)(r7 + 0)    // rejected: notAPointer packetPointersAfterHelper
out:
    r0 = 1
    exit
shift:
    r2 = 0
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== the packet is looked at again after each call that moves it
accepted
    r6 = r1
    call shift
    r1 = r6
    call shift
    r7 = *(u32 *)(r6 + 0)
    r8 = *(u32 *)(r6 + 4)
    r2 = r7
    r2 += 8
    if r2 > r8 goto out
    r0 = *(u8 *)(r7 + 0)
out:
    r0 = 1
    exit
shift:
    r2 = 0
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== a number that says where the packet ends, after a function has moved it
because the function moves the packet: r7 was a length of what is not there any more
rejected
    r6 = r1
    r2 = *(u32 *)(r6 + 0)
    r3 = *(u32 *)(r6 + 4)
    r7 = r3
    r7 -= r2
    r7 &= 65535
    r1 = r6
    call shift
    if r7 < 8 goto out
    r2 = *(u32 *)(r6 + 0)
    r0 = *(u8 *)(r2 + 7)    // rejected: outOfBoundsPacket
out:
    r0 = 1
    exit
shift:
    r2 = 4
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== a function gives back what its caller acquired
because r6 is a copy of what the function submitted
rejected
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r6 = r0
    r1 = r0
    call give
    *(u64 *)(r6 + 0) = 1    // rejected: notAPointer releaseOnEveryPath
out:
    r0 = 0
    exit
give:
    r2 = 0
    call bpf_ringbuf_submit
    r0 = 0
    exit

== a function gives back twice what was acquired twice
accepted
map ring ringbuf 0 0 4096
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    call give
    r1 = map(ring)
    r2 = 16
    r3 = 0
    call bpf_ringbuf_reserve
    if r0 == 0 goto out
    r1 = r0
    call give
out:
    r0 = 0
    exit
give:
    r2 = 0
    call bpf_ringbuf_submit
    r0 = 0
    exit

== a function that was called before is called for the frame of its caller
because the second call writes the bytes that r7 is read from
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    *(u64 *)(r10 - 16) = 0
    r1 = r10
    r1 += -16
    call fill
    r1 = r10
    r1 += -8
    call fill
    r7 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit
fill:
    r6 = r1
    call bpf_get_prandom_u32
    *(u64 *)(r6 + 0) = r0
    r0 = 0
    exit

== a function leaves alone the bytes of its caller that it was not given
accepted
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 7
    r1 = 1
    call nothing
    r1 = 1
    call nothing
    r7 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 56)
    r0 = 0
    exit
nothing:
    *(u64 *)(r10 - 8) = r1
    r0 = 0
    exit

== a function reaches one place of its caller's frame through another
because the pointer that lies at -16 leads to the bytes at -8
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    r1 = r10
    r1 += -8
    *(u64 *)(r10 - 16) = r1
    r1 = r10
    r1 += -16
    call follow
    r7 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit
follow:
    r6 = *(u64 *)(r1 + 0)
    call bpf_get_prandom_u32
    *(u64 *)(r6 + 0) = r0
    r0 = 0
    exit

== a function calls itself by way of one that was called before
because the function at inner calls that at outer, which has not returned
rejected
    r1 = 1
    call outer
    r1 = 1
    call inner
    r0 = 0
    exit
outer:
    r1 = 0
    call inner    // rejected: recursion
    r0 = 0
    exit
inner:
    if r1 == 0 goto end
    r1 = 1
    call outer
end:
    r0 = 0
    exit

== a function is called in each round of a loop
accepted
map cells array 4 64 1
    r6 = 0
again:
    r1 = 5
    call double
    r7 = r0
    r6 += 1
    if r6 < 100 goto again
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)
    r0 = 0
    exit
double:
    r0 = r1
    r0 += r1
    exit

== a function gives the number that it got, round by round
because nothing holds what comes back of a call below 64
rejected
map cells array 4 64 1
    r6 = 0
    r7 = 0
again:
    r1 = r7
    call next
    r7 = r0
    r6 += 1
    if r6 < 100 goto again
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit
next:
    r0 = r1
    r0 += 1
    exit
