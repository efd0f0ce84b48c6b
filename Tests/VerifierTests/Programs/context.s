# The context: what each program type is given, field by field.

== a field of the context is read
accepted
    r0 = *(u32 *)(r1 + 12)
    r0 = 0
    exit

== a field behind the end of the context
because struct xdp_md has 24 bytes
rejected
    r0 = *(u32 *)(r1 + 24)    // rejected: outOfBoundsContext
    r0 = 0
    exit

== a field before the start of the context
because nothing before the context belongs to the program
rejected
    r0 = *(u32 *)(r1 - 4)    // rejected: outOfBoundsContext
    r0 = 0
    exit

== eight bytes of the context where fields have four
because eight bytes from 12 on take ingress_ifindex and half of what the kernel never promised to lie beside it
rejected
    r0 = *(u64 *)(r1 + 12)    // rejected: contextField
    r0 = 0
    exit

== a read across two fields
because four bytes from 14 on belong to two fields, which the kernel computes separately
rejected
    r0 = *(u32 *)(r1 + 14)    // rejected: contextField
    r0 = 0
    exit

== a part of a field that may be read in parts
accepted
program tc
    r0 = *(u16 *)(r1 + 16)
    r0 = 0
    exit

== a part of a pointer field (PREVAIL 1204)
because two bytes of an address are no number that the program may have
rejected
    r0 = *(u16 *)(r1 + 0)    // rejected: contextField
    r0 = 0
    exit

== eight bytes over both pointer fields (PREVAIL 1204)
because data and data_end together are neither a pointer nor a number
rejected
    r0 = *(u64 *)(r1 + 0)    // rejected: contextField
    r0 = 0
    exit

== a read that straddles the end of a pointer field (PREVAIL 1204)
because two of the four bytes are half of data_end, an address
rejected
    r0 = *(u32 *)(r1 + 6)    // rejected: contextField
    r0 = 0
    exit

== a field that may be written
accepted
program tc
    w2 = 7
    *(u32 *)(r1 + 8) = w2
    r0 = 0
    exit

== a field that may only be read is written
because len says how long the packet is; nobody asks the program
rejected
program tc
    w2 = 7
    *(u32 *)(r1 + 0) = w2    // rejected: contextField useReadOnlyField
    r0 = 0
    exit

== an xdp context is written
because no field of struct xdp_md may be written
rejected
    w2 = 7
    *(u32 *)(r1 + 16) = w2    // rejected: contextField
    r0 = 0
    exit

== a pointer field is written
because whoever could set data could point it anywhere
rejected
    r2 = 0
    *(u32 *)(r1 + 0) = w2    // rejected: contextField
    r0 = 0
    exit

== a write that overlaps a pointer field in part (PREVAIL, context write over a pointer slot)
because two of the bytes belong to data_end
rejected
program tc
    r2 = 0
    *(u32 *)(r1 + 82) = w2    // rejected: contextField
    r0 = 0
    exit

== half of a writable field is written
because the kernel turns a store to mark into a store of four bytes; parts of it may not be written
rejected
program tc
    w2 = 7
    *(u16 *)(r1 + 8) = w2    // rejected: contextField
    r0 = 0
    exit

== the words that a program may use for itself
accepted
program tc
    w2 = 7
    *(u32 *)(r1 + 48) = w2
    *(u32 *)(r1 + 64) = w2
    r0 = 0
    exit

== behind the words that a program may use for itself
because the word behind the fifth is the packet's hash
rejected
program tc
    w2 = 7
    *(u32 *)(r1 + 68) = w2    // rejected: contextField
    r0 = 0
    exit

== a number that was put into the context is a number when it comes back
because cb holds any number, which may be more than 63
rejected
program tc
map cells array 4 64 1
    *(u32 *)(r1 + 48) = 5
    w2 = *(u32 *)(r1 + 48)
    r2 &= 127
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a pointer is put into the context
because cb is read by others after the program, who may not learn addresses
rejected
program tc
    r2 = r10
    *(u32 *)(r1 + 48) = w2    // rejected: addressLeak
    r0 = 0
    exit

== the context with a constant offset and back
accepted
    r1 += 8
    r1 += -8
    r0 = *(u32 *)(r1 + 12)
    r0 = 0
    exit

== the context with a constant offset is read
accepted
    r1 += 8
    r0 = *(u32 *)(r1 + 4)
    r0 = 0
    exit

== the context with a variable offset
because which field is read depends on the packet, and some of them are addresses
rejected
    r2 = *(u32 *)(r1 + 12)
    r2 &= 12
    r1 += r2
    r0 = *(u32 *)(r1 + 4)    // rejected: contextField|pointerArithmetic|outOfBoundsContext
    r0 = 0
    exit

== the context with an offset is handed to a helper
because the helper takes what it is given for the start of a context
rejected
program tc
    r1 += 4
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes    // rejected: helperArgument
    r0 = 0
    exit

== the context is handed to a helper
accepted
program tc
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes
    r0 = 0
    exit

== the frame is handed to a helper that wants the context
because the helper would read a kernel structure where the program's stack is
rejected
program tc
    r1 = r10
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes    // rejected: helperArgument
    r0 = 0
    exit

== an atomic operation on the context
because the fields are not memory: the kernel computes them
rejected
program tc
    w2 = 1
    lock *(u32 *)(r1 + 8) += w2    // rejected: contextField|misaligned|notAPointer|unsupported|readOnlyMemory
    r0 = 0
    exit

== the address that a socket program may rewrite
accepted
program cgroup/connect4
    r2 = 0x7f000001
    *(u32 *)(r1 + 4) = r2
    r0 = 1
    exit

== the family that a socket program may not rewrite
because user_family may only be read
rejected
program cgroup/connect4
    r2 = 10
    *(u32 *)(r1 + 0) = r2    // rejected: contextField useReadOnlyField
    r0 = 1
    exit

== a result that the program type allows
accepted
program cgroup/connect4
    r0 = 1
    exit

== a result that the program type does not allow
because whoever runs a connect4 program takes 0 and 1 for an answer and nothing else
rejected
program cgroup/connect4
    r0 = 2
    exit    // rejected: badResult setResult

== a result that may be one that the program type does not allow
because a random number is seldom 0 or 1
rejected
program cgroup/connect4
    call bpf_get_prandom_u32
    exit    // rejected: badResult setResult

== a result that is made into one that the program type allows
accepted
program cgroup/connect4
    call bpf_get_prandom_u32
    r0 &= 1
    exit

== an argument of a tracepoint
accepted
program tracepoint/syscalls/sys_enter_openat
    r0 = *(u64 *)(r1 + 16)
    r0 = 0
    exit

== a word of a tracepoint that is not aligned
because the words of a tracepoint are read whole and aligned
rejected
program tracepoint/syscalls/sys_enter_openat
    r0 = *(u64 *)(r1 + 17)    // rejected: contextField|misaligned
    r0 = 0
    exit

== a register of the probed function
accepted
program kprobe/do_nanosleep
    r0 = *(u64 *)(r1 + 112)
    r0 = 0
    exit

== a register of the probed function is written
because a probe observes
rejected
program kprobe/do_nanosleep
    r2 = 0
    *(u64 *)(r1 + 112) = r2    // rejected: contextField useReadOnlyField
    r0 = 0
    exit
