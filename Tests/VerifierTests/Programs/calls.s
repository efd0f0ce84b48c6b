# Functions of the program: frames, arguments, what a call keeps, how deep it may go; and tail calls.

== a function gets its arguments and gives a result
accepted
    r1 = 5
    r2 = 6
    call sum
    r0 &= 1
    exit
sum:
    r0 = r1
    r0 += r2
    exit

== a function reads an argument that nobody gave
because r2 holds whatever the machine left there
rejected
    r1 = 5
    call sum
    r0 &= 1
    exit
sum:
    r0 = r1
    r0 += r2    // rejected: uninitialisedRegister
    exit

== a function does not set its result, and nobody reads it
accepted
    call nothing
    r0 = 0
    exit
nothing:
    r1 = 0
    exit

== a function does not set its result, and the caller reads it
because r0 holds whatever the machine left there; a call clears what was in it before
rejected
    r0 = 0
    call nothing
    exit    // rejected: uninitialisedRegister
nothing:
    r1 = 0
    exit

== a function sets its result on one way only
because on the other way r0 holds whatever the machine left there
rejected
    r1 = *(u32 *)(r1 + 12)
    call nothing
    r0 += 1    // rejected: uninitialisedRegister
    r0 = 0
    exit
nothing:
    if r1 == 0 goto out
    r0 = 1
out:
    exit

== r6 to r9 are kept, whatever the function does with them
accepted
    r6 = r1
    r9 = r1
    call spoil
    r0 = *(u32 *)(r6 + 12)
    r0 = *(u32 *)(r9 + 12)
    r0 = 0
    exit
spoil:
    r6 = 1
    r9 = 1
    r0 = 0
    exit

== r6 to r9 are nothing at the start of a function
because the callee has to set them before it reads them; what the caller has there is none of its business
rejected
    r6 = r1
    call spoil
    r0 = 0
    exit
spoil:
    r0 = *(u32 *)(r6 + 12)    // rejected: uninitialisedRegister
    r0 = 0
    exit

== r1 is not kept
because a call may change r1 to r5
rejected
    call nothing
    r0 = *(u32 *)(r1 + 12)    // rejected: uninitialisedRegister
    r0 = 0
    exit
nothing:
    r0 = 0
    exit

== a function has a frame of its own
accepted
    *(u64 *)(r10 - 8) = 1
    call fill
    r0 = *(u64 *)(r10 - 8)
    exit
fill:
    *(u64 *)(r10 - 8) = r10
    r0 = 0
    exit

== a function reads its own frame where only the caller's was written
because each frame starts empty
rejected
    *(u64 *)(r10 - 8) = 1
    call fill
    r0 = 0
    exit
fill:
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack
    r0 = 0
    exit

== the frame of a second call starts empty too
because what the first call wrote there is not the second call's
rejected
    call fill
    call look
    r0 = 0
    exit
fill:
    *(u64 *)(r10 - 8) = 1
    r0 = 0
    exit
look:
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack
    r0 = 0
    exit

== a function writes into the caller's frame
accepted
    r1 = r10
    r1 += -8
    call fill
    r0 = *(u64 *)(r10 - 8)
    exit
fill:
    *(u64 *)(r1 + 0) = 7
    r0 = 0
    exit

== what a function wrote into the caller's frame is known
accepted
map cells array 4 64 1
    r1 = r10
    r1 += -8
    call fill
    r2 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
    exit
fill:
    *(u64 *)(r1 + 0) = 63
    r0 = 0
    exit

== what a function wrote into the caller's frame is too large
because byte 64 of a value of 64 is outside
rejected
map cells array 4 64 1
    r1 = r10
    r1 += -8
    *(u64 *)(r10 - 8) = 0
    call fill
    r2 = *(u64 *)(r10 - 8)
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit
fill:
    *(u64 *)(r1 + 0) = 64
    r0 = 0
    exit

== a function writes above the caller's frame
because eight bytes from four below the caller's r10 end above its frame
rejected
    r1 = r10
    r1 += -4
    call fill
    r0 = 0
    exit
fill:
    *(u64 *)(r1 + 0) = 7    // rejected: outOfBoundsStack
    r0 = 0
    exit

== a function stores a pointer into its own frame in the caller's
because the function's frame is gone when it returns
rejected
    r1 = r10
    r1 += -8
    call fill
    r1 = *(u64 *)(r10 - 8)    // or rejected: uninitialisedStack
    *(u64 *)(r1 - 8) = 0    // or rejected: outOfBoundsStack|notAPointer
    r0 = 0
    exit
fill:
    *(u64 *)(r1 + 0) = r10    // rejected: outOfBoundsStack|addressLeak|notAPointer
    r0 = 0
    exit

== a function checks the packet for its caller
accepted
    r6 = *(u32 *)(r1 + 0)
    r2 = *(u32 *)(r1 + 4)
    r1 = r6
    call check
    if r0 != 0 goto out
    r0 = *(u8 *)(r6 + 13)
out:
    r0 = 2
    exit
check:
    r0 = 1
    r1 += 14
    if r1 > r2 goto done
    r0 = 0
done:
    exit

== a function checks the packet for its caller, who turns the answer around
because the function says 1 where the packet is too short
rejected
    r6 = *(u32 *)(r1 + 0)
    r2 = *(u32 *)(r1 + 4)
    r1 = r6
    call check
    if r0 == 0 goto out
    r0 = *(u8 *)(r6 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit
check:
    r0 = 1
    r1 += 14
    if r1 > r2 goto done
    r0 = 0
done:
    exit

== a function gives back a pointer that may be null, and the caller checks
accepted
map table hash 4 8 16
    call find
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit
find:
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    exit

== a function gives back a pointer that may be null, and the caller does not check
because the table may not have the key
rejected
map table hash 4 8 16
    call find
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull checkForNull
    r0 = 0
    exit
find:
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    exit

== a function is called twice, with pointers of different kinds
accepted
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 3
    r1 = r10
    r1 += -8
    call read
    r1 = value(cells)
    call read
    r0 = 0
    exit
read:
    r0 = *(u64 *)(r1 + 0)
    exit

== a function is called twice, the second time with a number
because what is safe for one caller is not for the other
rejected
    *(u64 *)(r10 - 8) = 3
    r1 = r10
    r1 += -8
    call read
    r1 = 8
    call read
    r0 = 0
    exit
read:
    r0 = *(u64 *)(r1 + 0)    // rejected: notAPointer
    exit

== a function is called twice, the second time with a smaller value
because the second map's value has eight bytes
rejected
map large array 4 64 1
map small array 4 8 1
    r1 = value(large)
    call read
    r1 = value(small)
    call read
    r0 = 0
    exit
read:
    r0 = *(u64 *)(r1 + 8)    // rejected: outOfBoundsMapValue
    exit

== a function is called with bounds that it relies on
accepted
map cells array 4 64 1
    r1 = *(u32 *)(r1 + 12)
    r1 &= 63
    call read
    r0 = 0
    exit
read:
    r2 = value(cells)
    r2 += r1
    r0 = *(u8 *)(r2 + 0)
    exit

== a function is called from two places, from one without the bounds that it relies on
because the second call gives a number up to 255
rejected
map cells array 4 64 1
    r6 = *(u32 *)(r1 + 12)
    r1 = r6
    r1 &= 63
    call read
    r1 = r6
    r1 &= 255
    call read
    r0 = 0
    exit
read:
    r2 = value(cells)
    r2 += r1
    r0 = *(u8 *)(r2 + 0)    // rejected: outOfBoundsMapValue
    exit

== a function with a loop
accepted
    r1 = r10
    r1 += -64
    call clear
    r0 = *(u8 *)(r10 - 1)
    exit
clear:
    r2 = 0
again:
    r3 = r1
    r3 += r2
    *(u8 *)(r3 + 0) = 0
    r2 += 1
    if r2 != 64 goto again
    r0 = 0
    exit

== a function with a loop that goes one too far (PREVAIL 1203)
because the last round of the loop writes the byte above the caller's frame
rejected
    r1 = r10
    r1 += -64
    call clear
    r0 = 0
    exit
clear:
    r2 = 0
again:
    r3 = r1
    r3 += r2
    *(u8 *)(r3 + 0) = 0    // rejected: outOfBoundsStack
    r2 += 1
    if r2 != 65 goto again
    r0 = 0
    exit

== a loop in a function without an end (PREVAIL 1203)
because the loop's condition never changes
needsFuel
    r1 = *(u32 *)(r1 + 12)
    call spin
    r0 = 0
    exit
spin:
    if r1 != 0 goto spin
    r0 = 0
    exit

== a function is called in a loop, and the loop's counter is kept
accepted
    r6 = 0
again:
    r1 = r6
    call twice
    r6 += 1
    if r6 < 16 goto again
    r0 = 0
    exit
twice:
    r0 = r1
    r0 += r0
    exit

== a function that calls itself
because every call takes another frame, and nothing bounds how many
rejected
    r1 = *(u32 *)(r1 + 12)
    call down
    r0 = 0
    exit
down:
    if r1 == 0 goto out
    r1 += -1
    call down    // rejected: recursion
out:
    r0 = 0
    exit

== two functions that call each other
because every call takes another frame, and nothing bounds how many
rejected
    r1 = *(u32 *)(r1 + 12)
    call even
    r0 = 0
    exit
even:
    if r1 == 0 goto out
    r1 += -1
    call odd    // or rejected: recursion
out:
    r0 = 0
    exit
odd:
    if r1 == 0 goto done
    r1 += -1
    call even    // rejected: recursion
done:
    r0 = 0
    exit

== eight frames
accepted
    call second
    exit
second:
    call third
    exit
third:
    call fourth
    exit
fourth:
    call fifth
    exit
fifth:
    call sixth
    exit
sixth:
    call seventh
    exit
seventh:
    call eighth
    exit
eighth:
    r0 = 0
    exit

== nine frames
because a program has eight
rejected
    call second
    exit
second:
    call third
    exit
third:
    call fourth
    exit
fourth:
    call fifth
    exit
fifth:
    call sixth
    exit
sixth:
    call seventh
    exit
seventh:
    call eighth
    exit
eighth:
    call ninth    // rejected: callDepth
    exit
ninth:
    r0 = 0
    exit

== the program jumps into a function
because a jump brings no frame: the function's exit would be the program's
rejected
    r1 = *(u32 *)(r1 + 12)
    if r1 == 0 goto inside    // rejected: invalidProgram
    call other
    r0 = 0
    exit
other:
    r0 = 5
inside:
    r0 = 0
    exit

== a function runs on into the next
because a function ends with its own exit, not with another's
rejected
    call first
    call second
    r0 = 0
    exit
first:
    r0 = 1    // rejected: invalidProgram|noExit
second:
    r0 = 2
    exit

== a tail call with an array of programs
accepted
map next programArray 4 4 8
    r2 = map(next)
    r3 = 3
    call bpf_tail_call
    r0 = 2
    exit

== r0 after a tail call that failed
because a tail call that comes back says nothing in r0
rejected
map next programArray 4 4 8
    r0 = 2
    r2 = map(next)
    r3 = 3
    call bpf_tail_call
    exit    // rejected: uninitialisedRegister|badResult setResult

== r1 after a tail call that failed
because a call may change r1 to r5, whether it succeeds or not
rejected
map next programArray 4 4 8
    r2 = map(next)
    r3 = 3
    call bpf_tail_call
    r0 = *(u32 *)(r1 + 12)    // rejected: uninitialisedRegister
    r0 = 2
    exit

== a tail call with a map of another type
because an array of numbers holds no programs
rejected
map cells array 4 4 8
    r2 = map(cells)
    r3 = 3
    call bpf_tail_call    // rejected: helperMapType
    r0 = 2
    exit

== a tail call without the context
because the next program takes what it is given for its context
rejected
map next programArray 4 4 8
    r1 = 0
    r2 = map(next)
    r3 = 3
    call bpf_tail_call    // rejected: helperArgument
    r0 = 2
    exit

== an index that is too high for a tail call
accepted
because a tail call with an index out of range fails, and the program goes on
map next programArray 4 4 8
    r2 = map(next)
    r3 = 1000
    call bpf_tail_call
    r0 = 2
    exit

== a function that went on in another program returns what that one returns
because the result of the other program may be any number
rejected
map next programArray 4 4 8
    call dispatch
    r1 = r10
    r1 += r0
    *(u8 *)(r1 - 8) = 0    // rejected: outOfBoundsStack
    r0 = 2
    exit
dispatch:
    r2 = map(next)
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit

== what a function returns is looked at, whichever program returned it
accepted
map next programArray 4 4 8
    call dispatch
    if r0 > 7 goto out
    r1 = r10
    r1 += r0
    *(u8 *)(r1 - 8) = 0
out:
    r0 = 2
    exit
dispatch:
    r2 = map(next)
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit

== the packet of the caller, after a function that may go on in another program
because the other program may move the packet
rejected
map next programArray 4 4 8
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r2 = r7
    r2 += 14
    if r2 > r8 goto out
    call dispatch
    r0 = *(u8 *)(r7 + 0)    // rejected: notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit
dispatch:
    r2 = map(next)
    r3 = 0
    call bpf_tail_call
    r0 = 0
    exit

== a function goes on in another program in each round of a loop that ends
accepted
map next programArray 4 4 8
    r6 = r1
    r7 = 10
again:
    r1 = r6
    call dispatch
    r7 += -1
    if r7 != 0 goto again
    r0 = 2
    exit
dispatch:
    r2 = map(next)
    r3 = 1
    call bpf_tail_call
    r0 = 0
    exit

== an array of programs is looked into
because what it holds are programs, which nobody may read
rejected
map next programArray 4 4 8
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(next)
    call bpf_map_lookup_elem    // rejected: helperMapType
    r0 = 0
    exit

== a helper that nobody has defined
because 100000 is no helper
rejected
    call 100000    // rejected: helperUnknown
    r0 = 0
    exit

== a helper of another program type
because an xdp program has no socket buffer from which bytes could be loaded
rejected
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 8
    call bpf_skb_load_bytes    // rejected: helperNotAllowed
    r0 = 0
    exit

== a helper for programs under the GPL
licence GPL
accepted
program kprobe/do_nanosleep
    r1 = r10
    r1 += -8
    r2 = 8
    r3 = 0
    call bpf_probe_read_kernel
    r0 = 0
    exit

== a helper for programs under the GPL, called under another licence
because the helper is for programs under a licence compatible with the GPL
rejected
licence Proprietary
program kprobe/do_nanosleep
    r1 = r10
    r1 += -8
    r2 = 8
    r3 = 0
    call bpf_probe_read_kernel    // rejected: helperLicence
    r0 = 0
    exit

== a helper without one of its arguments
because r3 holds whatever the machine left there
rejected
program tc
    r2 = 0
    r4 = 8
    call bpf_skb_load_bytes    // rejected: uninitialisedRegister|helperArgument
    r0 = 0
    exit
