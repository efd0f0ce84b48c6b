# What a register holds, and when it holds nothing.

== r0 is set before the exit
accepted
    r0 = 0
    exit

== r0 is never set before the exit
because whoever runs the program reads r0, and nothing was put there
rejected
    exit    // rejected: uninitialisedRegister setResult

== r0 is set on both ways to the exit
accepted
    r1 = *(u32 *)(r1 + 12)
    r0 = 1
    if r1 == 0 goto out
    r0 = 2
out:
    exit

== r0 is set on one way to the exit only
because with an interface index other than 0 the exit is reached with nothing in r0
rejected
    r1 = *(u32 *)(r1 + 12)
    if r1 != 0 goto out
    r0 = 1
out:
    exit    // rejected: uninitialisedRegister setResult

== a register is copied before it is set
because r3 holds whatever the machine left there
rejected
    r0 = r3    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== an operand is used before it is set
because r4 holds whatever the machine left there
rejected
    r0 = 0
    r0 += r4    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== a register is cleared by xor with itself before it was set
because xor reads its operand; only a compiler's habit makes this look like an initialisation
rejected
    r3 ^= r3    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== a branch on a register before it is set
because what the branch does depends on what the machine left there
rejected
    r0 = 0
    if r7 == 0 goto out    // rejected: uninitialisedRegister initialiseRegister
    r0 = 1
out:
    exit

== both operands of a branch are set
accepted
    r0 = 0
    r7 = *(u32 *)(r1 + 12)
    r8 = 5
    if r7 == r8 goto out
    r0 = 1
out:
    exit

== the source of a store is not set
because what is stored is whatever the machine left in r6
rejected
    *(u64 *)(r10 - 8) = r6    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== r6 keeps its value over a helper
accepted
    r6 = r1
    call bpf_ktime_get_ns
    r0 = *(u32 *)(r6 + 12)
    r0 = 0
    exit

== r1 does not keep its value over a helper
because helpers may change r1 to r5 (RFC 9669 section 2.1)
rejected
    call bpf_ktime_get_ns
    r0 = *(u32 *)(r1 + 12)    // rejected: uninitialisedRegister
    r0 = 0
    exit

== r5 does not keep its value over a helper
because helpers may change r1 to r5 (RFC 9669 section 2.1)
rejected
    r5 = 3
    call bpf_get_prandom_u32
    r0 = r5    // rejected: uninitialisedRegister
    exit

== r3 does not keep its value over a function of the program (PREVAIL 1028)
because a call leaves r1 to r5 undefined, whoever is called
rejected
    r3 = 3
    call zero
    r0 = r3    // rejected: uninitialisedRegister
    exit
zero:
    r0 = 0
    exit

== r0 does not keep its value over a helper
because r0 is the helper's result: a number, no longer the pointer that the program put there
rejected
    r0 = r1
    call bpf_ktime_get_ns
    r0 = *(u32 *)(r0 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== r0 is set behind a helper that returns
accepted
    call bpf_get_smp_processor_id
    r0 &= 1
    exit

== the halves of a register: the lower is set, so the upper is zero
accepted
map cells array 4 64 1
    w2 = *(u32 *)(r1 + 12)
    w2 &= 63
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit

== a pointer taken for a number by a load
because a number that came from the packet's length is no address
rejected
    r2 = *(u32 *)(r1 + 12)
    r0 = *(u8 *)(r2 + 0)    // rejected: notAPointer
    exit

== a constant taken for a pointer
because 4096 is a number that the program chose, not memory that it was given
rejected
    r2 = 4096
    *(u32 *)(r2 + 0) = 0    // rejected: notAPointer
    r0 = 0
    exit

== two errors on one path are both reported
because r3 is read before it is set, and r4 too
rejected
    r0 = r3    // rejected: uninitialisedRegister initialiseRegister
    r2 = r4    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== errors on two branches are both reported
because each branch reads a register of its own that is not set
rejected
    r1 = *(u32 *)(r1 + 12)
    if r1 == 0 goto other
    r0 = r3    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit
other:
    r0 = r4    // rejected: uninitialisedRegister initialiseRegister
    r0 = 0
    exit

== the sign extension of a register onto itself clears the upper half (PREVAIL 1214)
accepted
map cells array 4 64 1
    call bpf_ktime_get_ns
    w0 = (s8)w0
    r0 >>= 32
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)
    exit

== the sign extension of a register onto itself is at most 32 bits long (PREVAIL 1214)
because the lower half may be 0xffffffff, of which the upper eight bits are 255, and a value has 64 bytes
rejected
map cells array 4 64 1
    call bpf_ktime_get_ns
    w0 = (s8)w0
    r0 >>= 24
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit
