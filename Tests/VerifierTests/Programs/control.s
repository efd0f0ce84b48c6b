# Where a program goes: ends, dead code, and code that is none.

== the program runs off its end
because behind the last instruction lies whatever the machine has there
rejected
    r0 = 0    // rejected: noExit|invalidProgram

== a branch runs off the end
because where the branch is not taken nothing follows
rejected
    r0 = 0
    if r1 == 0 goto out
out:
    r0 = 1    // rejected: noExit|invalidProgram

== the program ends with a jump backwards
accepted
    r0 = 0
    goto middle
out:
    exit
middle:
    r0 = 1
    goto out

== code that nothing reaches
accepted
because what is never executed harms nobody
    r0 = 0
    exit
    r0 = *(u8 *)(r3 + 0)
    exit

== a branch that is never taken
accepted
because 5 is not 6, so the read from nowhere is never executed
    r2 = 5
    if r2 == 6 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)
    exit

== a branch that is always taken
because 5 is 5, so the read from nowhere is executed
rejected
    r2 = 5
    if r2 == 5 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)    // rejected: uninitialisedRegister
    exit

== a branch that is never taken because of its bounds
accepted
because a number of four bits is never above 15
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    if r2 > 15 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)
    exit

== a branch that is seldom taken
because a number of four bits may be 15
rejected
    r2 = *(u32 *)(r1 + 12)
    r2 &= 15
    if r2 > 14 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)    // rejected: uninitialisedRegister
    exit

== a branch that contradicts the one before
accepted
because a number that is below ten is not above twenty
    r2 = *(u32 *)(r1 + 12)
    if r2 >= 10 goto out
    if r2 > 20 goto bad
out:
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)
    exit

== both sides of a comparison with itself (PREVAIL 1201)
because a number equals itself, so this side is the one that is taken
rejected
    r2 = *(u32 *)(r1 + 12)
    if r2 == r2 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r3 + 0)    // rejected: uninitialisedRegister
    exit

== nothing passes because nothing is looked at (PREVAIL 1201)
because the second of two branches to the same place is reachable although the first is not
rejected
    r2 = 1
    r3 = *(u32 *)(r1 + 12)
    if r2 == 0 goto bad
    if r3 == 0 goto bad
    r0 = 0
    exit
bad:
    r0 = *(u8 *)(r4 + 0)    // rejected: uninitialisedRegister
    exit

== a jump into the middle of a wide immediate
because the second half of an immediate is no instruction
rejected
    goto +1    // rejected: invalidProgram
    r0 = 0x1122334455667788 ll
    exit

== a jump over a wide immediate
accepted
    r0 = 1
    goto +2
    r0 = 0x1122334455667788 ll
    exit

== a jump out of the program
because behind the last instruction lies whatever the machine has there
rejected
    r0 = 0
    .quad 0x0000000000100005    // rejected: invalidProgram
    exit

== a jump to before the program
because before the first instruction lies whatever the machine has there
rejected
    r0 = 0
    .quad 0x00000000fff00005    // rejected: invalidProgram
    exit

== an opcode that nobody has defined
because no machine knows what to do
rejected
    r0 = 0
    .quad 0x00000000000000ff    // rejected: invalidProgram
    exit

== the first half of a wide immediate is the last instruction
because the second half is missing
rejected
    r0 = 0
    .quad 0x0000000000000018    // rejected: invalidProgram

== a register that nobody has
because there is no r12
rejected
    r0 = 0
    .quad 0x0000000000000cb7    // rejected: invalidProgram
    exit

== a write to r10
because r10 is where the frame ends, and the program may not move it
rejected
    r0 = 0
    .quad 0x0000000800000a07    // rejected: invalidProgram
    exit

== a load by the kernel's own instruction for packets
because the instruction is of the old kind, which nobody has here
rejected
    r0 = 0
    .quad 0x0000000000000030    // rejected: invalidProgram
    exit

== a reference to a map that is not there
because the program has no fourth map
rejected
map cells array 4 64 1
    ld_pseudo r1, 0x1, 3    // rejected: invalidProgram|badMap
    r0 = 0
    exit

== an address past the end of a map's value
because the value has 64 bytes, and the address is of byte 100
rejected
map cells array 4 64 1
    r1 = value(cells + 100)    // rejected: invalidProgram|badMap|outOfBoundsMapValue
    r0 = 0
    exit

== a distance of 32 bits
accepted
    r0 = 0
    gotol out
    r0 = 1
out:
    exit

== an empty function is a loop away
accepted
    r0 = 0
    goto +0
    exit
