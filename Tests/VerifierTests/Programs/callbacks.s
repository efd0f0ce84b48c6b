# Functions that helpers call: once for each number or each element, with a context of the program's choice.

== a callback that does nothing
accepted
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r0 = 0
    exit

== a callback that adds to a number in its context
accepted
    *(u64 *)(r10 - 8) = 0
    r1 = 10
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = *(u64 *)(r10 - 8)
    r0 = 0
    exit
body:
    r0 = *(u64 *)(r2 + 0)
    r0 += r1
    *(u64 *)(r2 + 0) = r0
    r0 = 0
    exit

== a callback that writes above its context
because the context is the eight bytes below the caller's r10
rejected
    *(u64 *)(r10 - 8) = 0
    r1 = 10
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    *(u64 *)(r2 + 8) = 0    // rejected: outOfBoundsStack
    r0 = 0
    exit

== a callback that uses what it counts in its context as an offset
because after 64 rounds the number is 64, and the value is over
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    r1 = 100
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r3 = *(u64 *)(r2 + 0)
    r4 = value(cells)
    r4 += r3
    r0 = *(u8 *)(r4 + 0)    // rejected: outOfBoundsMapValue
    r3 += 1
    *(u64 *)(r2 + 0) = r3
    r0 = 0
    exit

== a callback that checks what it counts in its context
accepted
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    r1 = 100
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r3 = *(u64 *)(r2 + 0)
    if r3 > 63 goto stop
    r4 = value(cells)
    r4 += r3
    r0 = *(u8 *)(r4 + 0)
    r3 += 1
    *(u64 *)(r2 + 0) = r3
    r0 = 0
    exit
stop:
    r0 = 1
    exit

== a callback that uses its number as an offset
accepted
map cells array 4 64 1
    r1 = 64
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r3 = value(cells)
    if r1 > 63 goto out
    r3 += r1
    r0 = *(u8 *)(r3 + 0)
out:
    r0 = 0
    exit

== a callback that uses its number as an offset without a check
because the number goes up to 99
rejected
map cells array 4 64 1
    r1 = 100
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r3 = value(cells)
    w1 &= 127
    r3 += r1
    r0 = *(u8 *)(r3 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== what a callback wrote is not known afterwards
because the callback may have run up to ten times, each time adding 32
rejected
map cells array 4 64 1
    *(u64 *)(r10 - 8) = 0
    r1 = 10
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r2 = *(u64 *)(r10 - 8)
    r2 &= 511
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit
body:
    r3 = *(u64 *)(r2 + 0)
    r3 += 32
    *(u64 *)(r2 + 0) = r3
    r0 = 0
    exit

== a callback that may never have run
because with a count of 0 the slot was never written
rejected
    r1 = *(u32 *)(r1 + 12)
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = *(u64 *)(r10 - 8)    // rejected: uninitialisedStack
    r0 = 0
    exit
body:
    *(u64 *)(r2 + 0) = 1
    r0 = 0
    exit

== a callback that overwrites a pointer in its context
because after the first round the context holds a number
rejected
    *(u64 *)(r10 - 8) = r1
    r1 = 10
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r1 = *(u64 *)(r10 - 8)
    r0 = *(u32 *)(r1 + 12)    // rejected: notAPointer
    r0 = 0
    exit
body:
    *(u64 *)(r2 + 0) = 1
    r0 = 0
    exit

== a callback reads through a pointer that its second round has overwritten
because the first round stores a number where the second reads a pointer
rejected
    *(u64 *)(r10 - 8) = r1
    r1 = 10
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r3 = *(u64 *)(r2 + 0)
    r0 = *(u32 *)(r3 + 12)    // rejected: notAPointer
    *(u64 *)(r2 + 0) = 1
    r0 = 0
    exit

== a callback that returns 1 to end the loop
accepted
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r0 = 1
    exit

== a callback that returns 2
because the helper takes 0 for going on and 1 for ending, and nothing else
rejected
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r0 = 2
    exit    // rejected: badResult|badCallback

== a callback that does not set its result
because the helper would take whatever the machine left there for an answer
rejected
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r1 = 0
    exit    // rejected: uninitialisedRegister|badResult|badCallback

== a number for a callback
because 8 is no function
rejected
    r1 = 10
    r2 = 8
    r3 = 0
    r4 = 0
    call bpf_loop    // rejected: helperArgument|badCallback
    r0 = 0
    exit

== flags where there are none
because the helper refuses flags that it does not know when it runs, and calls nothing
accepted
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 1
    call bpf_loop
    r0 = 0
    exit
body:
    r0 = 0
    exit

== an argument that the callback does not get
because bpf_loop gives a number and the context, and nothing in r3
rejected
    r1 = 10
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_loop
    r0 = 0
    exit
body:
    r0 = r3    // rejected: uninitialisedRegister
    r0 = 0
    exit

== the packet after a callback that moves it
because the callback may have moved the packet's start
rejected
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r8 = *(u32 *)(r1 + 4)
    r4 = r7
    r4 += 14
    if r4 > r8 goto out
    *(u64 *)(r10 - 8) = r6
    r1 = 1
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_loop
    r0 = *(u8 *)(r7 + 0)    // rejected: outOfBoundsPacket|notAPointer packetPointersAfterHelper
out:
    r0 = 2
    exit
body:
    r1 = *(u64 *)(r2 + 0)
    r2 = 4
    call bpf_xdp_adjust_head
    r0 = 0
    exit

== a callback for each element of a map
accepted
map table hash 4 8 16
    *(u64 *)(r10 - 8) = 0
    r1 = map(table)
    r2 = function(body)
    r3 = r10
    r3 += -8
    r4 = 0
    call bpf_for_each_map_elem
    r0 = *(u64 *)(r10 - 8)
    r0 = 0
    exit
body:
    r2 = *(u32 *)(r2 + 0)
    r3 = *(u64 *)(r3 + 0)
    r3 += r2
    *(u64 *)(r4 + 0) = r3
    r0 = 0
    exit

== a callback for each element reads past the value
because the table's values have eight bytes
rejected
map table hash 4 8 16
    r1 = map(table)
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_for_each_map_elem
    r0 = 0
    exit
body:
    r0 = *(u64 *)(r3 + 8)    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a callback for each element writes the key
because the table finds its entries by their keys
rejected
map table hash 4 8 16
    r1 = map(table)
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_for_each_map_elem
    r0 = 0
    exit
body:
    *(u32 *)(r2 + 0) = 5    // rejected: readOnlyMemory
    r0 = 0
    exit

== a callback that writes into its context although it is nothing
because the context is 0
rejected
map table hash 4 8 16
    r1 = map(table)
    r2 = function(body)
    r3 = 0
    r4 = 0
    call bpf_for_each_map_elem
    r0 = 0
    exit
body:
    *(u64 *)(r4 + 0) = 5    // rejected: notAPointer|possiblyNull
    r0 = 0
    exit
