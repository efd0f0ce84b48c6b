# Loops: safe in every round, and an end to the rounds.

== a loop with its check at the head
accepted
    r1 = 0
again:
    if r1 > 63 goto out
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += 1
    goto again
out:
    r0 = 0
    exit

== a loop with its check at the head that goes one too far
because the last round writes the byte at r10
rejected
    r1 = 0
again:
    if r1 > 64 goto out
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r1 += 1
    goto again
out:
    r0 = 0
    exit

== a loop with its check at the end
accepted
    r1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += 1
    if r1 < 64 goto again
    r0 = 0
    exit

== a loop with its check at the end that goes one too far
because the last round writes the byte at r10
rejected
    r1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r1 += 1
    if r1 <= 64 goto again
    r0 = 0
    exit

== a loop until a number is reached exactly
accepted
    r1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += 1
    if r1 != 64 goto again
    r0 = 0
    exit

== a loop until a number is reached exactly, in steps that do
accepted
    r1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u32 *)(r2 + 0) = 0
    r1 += 4
    if r1 != 64 goto again
    r0 = 0
    exit

== a loop until a number is reached exactly, in steps that miss it
because 63 is no multiple of four, so the loop runs over the frame
rejected
    r1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u32 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r1 += 4
    if r1 != 63 goto again
    r0 = 0
    exit

== a pointer walks, and a counter counts
accepted
    r1 = r10
    r1 += -64
    r2 = 0
again:
    *(u64 *)(r1 + 0) = 0
    r1 += 8
    r2 += 1
    if r2 < 8 goto again
    r0 = 0
    exit

== a pointer walks, and the counter lets it go too far
because the ninth round writes above the frame
rejected
    r1 = r10
    r1 += -64
    r2 = 0
again:
    *(u64 *)(r1 + 0) = 0    // rejected: outOfBoundsStack
    r1 += 8
    r2 += 1
    if r2 < 9 goto again
    r0 = 0
    exit

== a pointer walks up, and a counter counts down
accepted
    r1 = r10
    r1 += -64
    r2 = 8
again:
    *(u64 *)(r1 + 0) = 0
    r1 += 8
    r2 += -1
    if r2 != 0 goto again
    r0 = 0
    exit

== a pointer walks until it is at the end of its frame
accepted
    r1 = r10
    r1 += -64
again:
    *(u64 *)(r1 + 0) = 0
    r1 += 8
    if r1 != r10 goto again
    r0 = 0
    exit

== a loop with a number of rounds that is masked
accepted
    r4 = *(u32 *)(r1 + 12)
    r4 &= 63
    r1 = 0
again:
    if r1 >= r4 goto out
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += 1
    goto again
out:
    r0 = 0
    exit

== a loop with a number of rounds that is clamped
accepted
    r4 = *(u32 *)(r1 + 12)
    if r4 <= 64 goto start
    r4 = 64
start:
    r1 = 0
again:
    if r1 >= r4 goto out
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += 1
    goto again
out:
    r0 = 0
    exit

== a loop with a number of rounds that nothing bounds
because the number of rounds comes from outside, and the frame has 512 bytes
rejected
    r4 = *(u32 *)(r1 + 12)
    r1 = 0
again:
    if r1 >= r4 goto out
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r1 += 1
    goto again
out:
    r0 = 0
    exit

== a counter in the frame, and many rounds
accepted
    *(u64 *)(r10 - 8) = 0
again:
    r1 = *(u64 *)(r10 - 8)
    r1 += 1
    *(u64 *)(r10 - 8) = r1
    if r1 < 50000 goto again
    r0 = 0
    exit

== a million rounds that do nothing
accepted
    r1 = 0
again:
    r1 += 1
    if r1 < 1000000 goto again
    r0 = 0
    exit

== a loop until a random number is zero
because nothing says that the random number will ever be zero
needsFuel
again:
    call bpf_get_prandom_u32
    if r0 != 0 goto again
    r0 = 0
    exit

== a loop without a condition
because nothing leaves the loop
needsFuel
    r0 = 0
again:
    r0 += 1
    goto again
    exit

== a jump to itself
because nothing leaves the loop
needsFuel
    r0 = 0
again:
    goto again
    exit

== a loop whose counter stands still
because the counter is never changed
needsFuel
    r1 = *(u32 *)(r1 + 12)
again:
    r2 = r1
    r2 += 1
    if r1 < 10 goto again
    r0 = 0
    exit

== a loop whose counter is halved
accepted
    r1 = *(u32 *)(r1 + 12)
again:
    r1 >>= 1
    if r1 != 0 goto again
    r0 = 0
    exit

== a loop whose counter goes up and down
because a random number decides the direction
needsFuel
    r6 = 5
again:
    call bpf_get_prandom_u32
    r0 &= 1
    if r0 == 0 goto down
    r6 += 1
    goto check
down:
    r6 += -1
check:
    if r6 != 0 goto again
    r0 = 0
    exit

== a loop whose counter never fits its check
because the counter is even in every round, and wraps for ever
needsFuel
    r1 = 0
again:
    r1 += 2
    if r1 != 7 goto again
    r0 = 0
    exit

== an unsafe loop without an end
because nothing bounds the rounds, and the pointer leaves the frame in the ninth
rejected
    r6 = r10
    r6 += -64
again:
    *(u64 *)(r6 + 0) = 0    // rejected: outOfBoundsStack
    r6 += 8
    call bpf_get_prandom_u32
    if r0 != 0 goto again
    r0 = 0
    exit    // perhaps rejected: unboundedLoop

== a loop in a loop
accepted
    r6 = 0
outer:
    r7 = 0
inner:
    r1 = r6
    r1 <<= 3
    r1 += r7
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r7 += 1
    if r7 < 8 goto inner
    r6 += 1
    if r6 < 8 goto outer
    r0 = 0
    exit

== a loop in a loop that goes one too far
because the last round of the outer loop begins at the byte at r10
rejected
    r6 = 0
outer:
    r7 = 0
inner:
    r1 = r6
    r1 <<= 3
    r1 += r7
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r7 += 1
    if r7 < 8 goto inner
    r6 += 1
    if r6 < 9 goto outer
    r0 = 0
    exit

== the bound of the inner loop is the counter of the outer
accepted
    r6 = 0
outer:
    r7 = 0
inner:
    if r7 >= r6 goto next
    r2 = r10
    r2 += -16
    r2 += r7
    *(u8 *)(r2 + 0) = 0
    r7 += 1
    goto inner
next:
    r6 += 1
    if r6 <= 16 goto outer
    r0 = 0
    exit

== a loop with a way out in its middle
accepted
    r6 = r1
    r7 = 0
again:
    call bpf_get_prandom_u32
    if r0 == 7 goto out
    r2 = r10
    r2 += -16
    r2 += r7
    *(u8 *)(r2 + 0) = 1
    r7 += 1
    if r7 < 16 goto again
out:
    r0 = r7
    exit

== what was found in a loop is an offset
accepted
map cells array 4 64 1
    r6 = 0
again:
    call bpf_get_prandom_u32
    if r0 == 7 goto out
    r6 += 1
    if r6 < 63 goto again
out:
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)
    exit

== what was found in a loop is an offset, one too far
because where nothing is found the number is 64
rejected
map cells array 4 64 1
    r6 = 0
again:
    call bpf_get_prandom_u32
    if r0 == 7 goto out
    r6 += 1
    if r6 < 64 goto again
out:
    r1 = value(cells)
    r1 += r6
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== a walk over the packet, each byte checked
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = 0
    r0 = 0
again:
    r5 = r2
    r5 += 1
    if r5 > r3 goto out
    r6 = *(u8 *)(r2 + 0)
    r0 += r6
    r2 = r5
    r4 += 1
    if r4 < 100 goto again
out:
    r0 = 2
    exit

== a walk over the packet, each second byte checked
because the byte behind the one that is checked may not be there
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = 0
    r0 = 0
again:
    r5 = r2
    r5 += 1
    if r5 > r3 goto out
    r6 = *(u16 *)(r2 + 0)    // rejected: outOfBoundsPacket
    r0 += r6
    r2 = r5
    r2 += 1
    r4 += 1
    if r4 < 100 goto again
out:
    r0 = 2
    exit

== a walk over options of variable length
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = 0
again:
    r5 = r2
    r5 += 2
    if r5 > r3 goto out
    r6 = *(u8 *)(r2 + 1)
    r2 += 2
    r2 += r6
    r4 += 1
    if r4 < 8 goto again
out:
    r0 = 2
    exit

== a walk over options of variable length, checked before the step only
because the length of an option says where the next begins, not that it is there
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = 0
    r5 = r2
    r5 += 2
    if r5 > r3 goto out
again:
    r6 = *(u8 *)(r2 + 1)    // rejected: outOfBoundsPacket
    r2 += 2
    r2 += r6
    r4 += 1
    if r4 < 8 goto again
out:
    r0 = 2
    exit

== the packet is walked without a counter
accepted
because the pointer grows by one in each round and the end stands still
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
again:
    r5 = r2
    r5 += 1
    if r5 > r3 goto out
    r6 = *(u8 *)(r2 + 0)
    r2 = r5
    goto again
out:
    r0 = 2
    exit

== the packet moves in a loop, and the pointers are loaded in each round
accepted
    r6 = r1
    r7 = 0
again:
    r2 = *(u32 *)(r6 + 0)
    r3 = *(u32 *)(r6 + 4)
    r4 = r2
    r4 += 4
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 3)
    r1 = r6
    r2 = 4
    call bpf_xdp_adjust_head
    r7 += 1
    if r7 < 4 goto again
out:
    r0 = 2
    exit

== the packet moves in a loop, and the pointers are loaded before it
because in the second round the pointers are of before the move
rejected
    r6 = r1
    r7 = 0
    r8 = *(u32 *)(r6 + 0)
    r3 = *(u32 *)(r6 + 4)
    r4 = r8
    r4 += 4
    if r4 > r3 goto out
again:
    r0 = *(u8 *)(r8 + 3)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
    r1 = r6
    r2 = 4
    call bpf_xdp_adjust_head
    r7 += 1
    if r7 < 4 goto again
out:
    r0 = 2
    exit

== a value is checked in each round
accepted
map table hash 4 8 16
    r6 = 0
again:
    *(u32 *)(r10 - 4) = r6
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto next
    r1 = *(u64 *)(r0 + 0)
    r1 += 1
    *(u64 *)(r0 + 0) = r1
next:
    r6 += 1
    if r6 < 16 goto again
    r0 = 0
    exit

== a value is checked in the first round only
because what the second round looks up need not be there
rejected
map table hash 4 8 16
    r6 = 0
again:
    *(u32 *)(r10 - 4) = r6
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r6 != 0 goto read
    if r0 == 0 goto out
read:
    r1 = *(u64 *)(r0 + 0)    // rejected: possiblyNull checkForNull
    r6 += 1
    if r6 < 16 goto again
out:
    r0 = 0
    exit

== a register is set in the first round and read in the second
accepted
    r6 = 0
again:
    if r6 != 0 goto read
    r7 = 5
    goto next
read:
    r0 = r7
next:
    r6 += 1
    if r6 < 3 goto again
    r0 = 0
    exit

== a register is read in the first round and set in the second
because in the first round the register holds whatever the machine left there
rejected
    r6 = 0
again:
    if r6 == 1 goto set
    r0 = r7    // rejected: uninitialisedRegister
    goto next
set:
    r7 = 5
next:
    r6 += 1
    if r6 < 3 goto again
    r0 = 0
    exit

== an error in the fortieth round only
because in round 40 the pointer is the number 40
rejected
    r6 = 0
    r7 = r1
again:
    if r6 != 40 goto read
    r7 = r6
read:
    r0 = *(u32 *)(r7 + 12)    // rejected: notAPointer
    r6 += 1
    if r6 < 64 goto again
    r0 = 0
    exit

== a loop that is entered in its middle
accepted
    r1 = *(u32 *)(r1 + 12)
    r6 = 0
    if r1 == 0 goto middle
head:
    r2 = r10
    r2 += -16
    r2 += r6
    *(u8 *)(r2 + 0) = 0
middle:
    r6 += 1
    if r6 < 16 goto head
    r0 = 0
    exit

== a loop in 32 bits
accepted
    w1 = 0
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    w1 += 1
    if w1 < 64 goto again
    r0 = 0
    exit

== a loop with a signed counter
accepted
    r1 = 63
again:
    r2 = r10
    r2 += -64
    r2 += r1
    *(u8 *)(r2 + 0) = 0
    r1 += -1
    if r1 s>= 0 goto again
    r0 = 0
    exit

== a loop with a counter that wraps below zero
because without signs every number is at least zero: after 0 comes the largest
rejected
    r1 = 63
again:
    r2 = r10
    r2 += -64
    r2 += r1    // or rejected: pointerArithmetic
    *(u8 *)(r2 + 0) = 0    // rejected: outOfBoundsStack
    r1 += -1
    if r1 >= 0 goto again    // perhaps rejected: unboundedLoop
    r0 = 0
    exit

== a sum that a loop builds stays in its bounds
accepted
map cells array 4 64 1
    r6 = 0
    r7 = 0
again:
    call bpf_get_prandom_u32
    r0 &= 3
    r7 += r0
    r6 += 1
    if r6 < 21 goto again
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)
    exit

== a sum that a loop builds leaves its bounds
because 22 times 3 is 66
rejected
map cells array 4 64 1
    r6 = 0
    r7 = 0
again:
    call bpf_get_prandom_u32
    r0 &= 3
    r7 += r0
    r6 += 1
    if r6 < 22 goto again
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit
