# Maps: looking up, whether anything was found, and how far its value reaches.

== a value is read after the check that it was found
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit

== a value is read without the check that it was found
because the table may not have the key, and the result is 0 then
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull checkForNull
    r0 = 0
    exit

== a value is read where the check says that it was not found
because on this way the pointer is 0
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 != 0 goto out
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull|notAPointer
out:
    r0 = 0
    exit

== where nothing was found the result is zero
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 != 0 goto found
    exit
found:
    r0 = 1
    exit

== a copy is as good as what was checked
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r6 = r0
    if r0 == 0 goto out
    r0 = *(u64 *)(r6 + 0)
out:
    r0 = 0
    exit

== a spilled copy is as good as what was checked
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    *(u64 *)(r10 - 16) = r0
    if r0 == 0 goto out
    r6 = *(u64 *)(r10 - 16)
    r0 = *(u64 *)(r6 + 0)
out:
    r0 = 0
    exit

== the result of another look-up was checked
because the first look-up found something, which says nothing of the second
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r6 = r0
    *(u32 *)(r10 - 4) = 2
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r6 == 0 goto out
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull checkForNull
out:
    r0 = 0
    exit

== arithmetic before the check (CVE-2022-23222)
because 0 plus 8 is no longer 0, and the check finds nothing wrong with it
rejected
map table hash 4 16 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r0 += 8    // or rejected: possiblyNull|pointerArithmetic
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull
out:
    r0 = 0
    exit

== arithmetic after the check
accepted
map table hash 4 16 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 += 8
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit

== the check is in 32 bits
because half of an address says nothing about the address, and the program could learn it by trying
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if w0 == 0 goto out    // or rejected: pointerComparison
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull
out:
    r0 = 0
    exit

== both sides of a check for null are alive (PREVAIL 1149, 1150)
because where nothing was found the result is 0, whatever r0 was before, and byte 64 of a value of 64 is outside
rejected
map table hash 4 8 16
map cells array 4 64 1
    r0 = 200
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 != 0 goto out
    r0 += 64
    r1 = value(cells)
    r1 += r0
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the last bytes of a value
accepted
map table hash 4 48 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 40)
out:
    r0 = 0
    exit

== one byte past the end of a value
because eight bytes from 41 on end at 49, and the value has 48
rejected
map table hash 4 48 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 41)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the byte before a value
because it belongs to the key or to another entry
rejected
map table hash 4 48 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u8 *)(r0 - 1)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a value of a map with smaller values, after a register held one of larger (PREVAIL 1028)
because r0 points to a value of eight bytes now; the 48 were another map's
rejected
map large hash 4 48 16
map small hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(large)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = *(u64 *)(r0 + 40)
    r2 = r10
    r2 += -4
    r1 = map(small)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 40)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a value of one of two maps, as far as both reach
accepted
map large hash 4 48 16
map small hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r6 = *(u32 *)(r1 + 12)
    r2 = r10
    r2 += -4
    r1 = map(large)
    if r6 == 0 goto lookup
    r1 = map(small)
lookup:
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 0)
out:
    r0 = 0
    exit

== a value of one of two maps, as far as one reaches
because where the interface index is not 0 the value has eight bytes
rejected
map large hash 4 48 16
map small hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r6 = *(u32 *)(r1 + 12)
    r2 = r10
    r2 += -4
    r1 = map(large)
    if r6 == 0 goto lookup
    r1 = map(small)
lookup:
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r0 = *(u64 *)(r0 + 8)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== the key is not initialised
because four bytes of whatever the machine left there would be compared with what a map holds
rejected
map table hash 4 8 16
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== the key is one byte short
because the key has four bytes, and the lowest was never written
rejected
map table hash 4 8 16
    *(u16 *)(r10 - 2) = 0
    *(u8 *)(r10 - 3) = 0
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== the key reaches above the frame
because a key of four bytes at r10 - 2 ends two bytes above the frame
rejected
map table hash 4 8 16
    *(u16 *)(r10 - 2) = 0
    r2 = r10
    r2 += -2
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: outOfBoundsStack
    r0 = 0
    exit

== the key is a number
because 4 is no address
rejected
map table hash 4 8 16
    r2 = 4
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: helperArgument|notAPointer
    r0 = 0
    exit

== the key may be nothing
because the look-up that should give the key may have found nothing
rejected
map table hash 4 4 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r2 = r0
    r1 = map(table)
    call bpf_map_lookup_elem    // rejected: possiblyNull checkForNull
    r0 = 0
    exit

== the key is a value of a map
accepted
map table hash 4 4 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r2 = r0
    r1 = map(table)
    call bpf_map_lookup_elem
out:
    r0 = 0
    exit

== the map is a number
because the helper would take any address for a map
rejected
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = 1
    call bpf_map_lookup_elem    // rejected: helperArgument|notAPointer
    r0 = 0
    exit

== a map itself is read
because what lies behind a map's handle belongs to whoever runs the program
rejected
map table hash 4 8 16
    r1 = map(table)
    r0 = *(u64 *)(r1 + 0)    // rejected: notAPointer|outOfBoundsMemory|readOnlyMemory
    r0 = 0
    exit

== a map of a type that the helper does not take
because a ring holds no keys
rejected
map ring ringbuf 0 0 4096
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(ring)
    call bpf_map_lookup_elem    // rejected: helperMapType
    r0 = 0
    exit

== one of two maps is of a type that the helper does not take
because where the interface index is not 0 the map is a ring
rejected
map table hash 4 8 16
map ring ringbuf 0 0 4096
    *(u32 *)(r10 - 4) = 1
    r6 = *(u32 *)(r1 + 12)
    r2 = r10
    r2 += -4
    r1 = map(table)
    if r6 == 0 goto lookup
    r1 = map(ring)
lookup:
    call bpf_map_lookup_elem    // rejected: helperMapType
    r0 = 0
    exit

== the value of an update is initialised
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = 1
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    r1 = map(table)
    call bpf_map_update_elem
    r0 = 0
    exit

== the value of an update is not initialised
because eight bytes of whatever the machine left there would be kept in the map
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    r1 = map(table)
    call bpf_map_update_elem    // rejected: uninitialisedStack initialiseStack
    r0 = 0
    exit

== the value of an update is a pointer
because whoever reads the map learns an address
rejected
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = r10
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    r1 = map(table)
    call bpf_map_update_elem    // rejected: addressLeak
    r0 = 0
    exit

== a pointer is stored into a value
because whoever reads the map learns an address
rejected
map cells array 4 64 1
    r2 = value(cells)
    *(u64 *)(r2 + 0) = r1    // rejected: addressLeak
    r0 = 0
    exit

== half of a pointer is stored into a value
because 32 bits of an address are most of it
rejected
map cells array 4 64 1
    r2 = value(cells)
    *(u32 *)(r2 + 0) = w1    // rejected: addressLeak
    r0 = 0
    exit

== a pointer is stored into a value, which is allowed for once
option allowsAddressLeaks
accepted
map cells array 4 64 1
    r2 = value(cells)
    *(u64 *)(r2 + 0) = r1
    r0 = 0
    exit

== a pointer is added to a number in a value
because the sum gives the address away
rejected
map cells array 4 64 1
    r2 = value(cells)
    lock *(u64 *)(r2 + 0) += r1    // rejected: addressLeak
    r0 = 0
    exit

== what a value holds is a number, whatever was stored
because a number from a map is no pointer, though it may once have been one
rejected
option allowsAddressLeaks
map cells array 4 64 1
    r2 = value(cells)
    *(u64 *)(r2 + 0) = r1
    r3 = *(u64 *)(r2 + 0)
    r0 = *(u32 *)(r3 + 12)    // rejected: notAPointer
    r0 = 0
    exit

== a value that may only be read is read
accepted
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 07 00 00 00
    r1 = value(fixed)
    r0 = *(u32 *)(r1 + 4)
    r0 = 0
    exit

== a value that may only be read is written
because the constants of a program are constant
rejected
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 07 00 00 00
    r1 = value(fixed)
    *(u32 *)(r1 + 4) = 0    // rejected: readOnlyMemory
    r0 = 0
    exit

== a helper writes into a value that may only be read
because the constants of a program are constant, for helpers too
rejected
program tc
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 07 00 00 00
    r2 = 0
    r3 = value(fixed)
    r4 = 8
    call bpf_skb_load_bytes    // rejected: readOnlyMemory
    r0 = 0
    exit

== an atomic operation on a value that may only be read
because the constants of a program are constant
rejected
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 07 00 00 00
    r1 = value(fixed)
    r2 = 1
    lock *(u32 *)(r1 + 4) += w2    // rejected: readOnlyMemory
    r0 = 0
    exit

== a constant of the program bounds an offset
accepted
map cells array 4 64 1
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 3f 00 00 00
    r3 = value(fixed)
    r3 = *(u32 *)(r3 + 4)
    r2 = *(u32 *)(r1 + 12)
    if r2 > r3 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== a constant of the program bounds an offset too loosely
because the constant is 0x40, and byte 64 is one past the end
rejected
map cells array 4 64 1
map fixed array 4 8 1 flags 128 readOnly
contents fixed 05 00 00 00 40 00 00 00
    r3 = value(fixed)
    r3 = *(u32 *)(r3 + 4)
    r2 = *(u32 *)(r1 + 12)
    if r2 > r3 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a variable of the program bounds nothing
because what the variable holds from the start may be changed at any time
rejected
map cells array 4 64 1
map settings array 4 8 1
contents settings 05 00 00 00 3f 00 00 00
    r3 = value(settings)
    r3 = *(u32 *)(r3 + 4)
    r3 &= 127
    r2 = *(u32 *)(r1 + 12)
    if r2 > r3 goto out
    r1 = value(cells)
    r1 += r2
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== a constant of the program is part of a table
accepted
map cells array 4 64 1
map fixed array 4 4 1 flags 128 readOnly
contents fixed 05 09 3f 20
    r2 = *(u32 *)(r1 + 12)
    r2 &= 3
    r3 = value(fixed)
    r3 += r2
    r2 = *(u8 *)(r3 + 0)
    r1 = value(cells)
    if r2 > 63 goto out
    r1 += r2
    r0 = *(u8 *)(r1 + 0)
out:
    r0 = 0
    exit

== an address within a value
accepted
map cells array 4 64 1
    r1 = value(cells + 56)
    *(u64 *)(r1 + 0) = 0
    r0 = 0
    exit

== an address within a value, and past its end
because eight bytes from 60 on end at 68
rejected
map cells array 4 64 1
    r1 = value(cells + 60)
    *(u64 *)(r1 + 0) = 0    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a value is walked by a bounded index
accepted
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if r2 > 7 goto out
    r2 <<= 3
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)
out:
    r0 = 0
    exit

== a value is walked by an index that is one too high
because 8 * 8 is 64, past the last byte
rejected
map cells array 4 64 1
    r2 = *(u32 *)(r1 + 12)
    if r2 > 8 goto out
    r2 <<= 3
    r1 = value(cells)
    r1 += r2
    r0 = *(u64 *)(r1 + 0)    // rejected: outOfBoundsMapValue
out:
    r0 = 0
    exit

== an offset is checked with signs where it should be without
because an index of -1 passes the check
rejected
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(s16 *)(r6 + 0)
    if r2 s> 7 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)    // rejected: outOfBoundsMapValue boundBothSides
out:
    r0 = 0
    exit

== an offset is checked without signs where it has some
accepted
map cells array 4 64 1
    r6 = value(cells)
    r2 = *(s16 *)(r6 + 0)
    if r2 > 7 goto out
    r6 += r2
    r0 = *(u8 *)(r6 + 0)
out:
    r0 = 0
    exit

== a value is an argument of a helper, with all of its bytes
accepted
program tc
map cells array 4 64 1
    r2 = 0
    r3 = value(cells)
    r4 = 64
    call bpf_skb_load_bytes
    r0 = 0
    exit

== a value is an argument of a helper, with one byte too many
because the helper would write one byte past the value
rejected
program tc
map cells array 4 64 1
    r2 = 0
    r3 = value(cells)
    r4 = 65
    call bpf_skb_load_bytes    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== a value is an argument of a helper, from the middle on
because 33 bytes from 32 on end at 65
rejected
program tc
map cells array 4 64 1
    r2 = 0
    r3 = value(cells + 32)
    r4 = 33
    call bpf_skb_load_bytes    // rejected: outOfBoundsMapValue
    r0 = 0
    exit

== the size for a helper is zero where it must not be
because the helper takes sizes from 1 on
rejected
program tc
map cells array 4 64 1
    r2 = 0
    r3 = value(cells)
    r4 = 0
    call bpf_skb_load_bytes    // rejected: helperArgument
    r0 = 0
    exit

== the size for a helper may be negative
because -1 without signs is a very large size
rejected
program tc
map cells array 4 64 1
    r4 = *(u32 *)(r1 + 0)
    r4 &= 127
    r4 += -64
    if r4 s> 64 goto out
    if r4 == 0 goto out
    r2 = 0
    r3 = value(cells)
    call bpf_skb_load_bytes    // rejected: helperArgument|outOfBoundsMapValue
out:
    r0 = 0
    exit

== the size for a helper is bounded on both sides
accepted
program tc
map cells array 4 64 1
    r4 = *(u32 *)(r1 + 0)
    if r4 > 64 goto out
    if r4 == 0 goto out
    r2 = 0
    r3 = value(cells)
    call bpf_skb_load_bytes
out:
    r0 = 0
    exit

== the size for a helper is bounded in its lower half only
because the helper takes 64 bits for its size, and the upper half was never looked at
rejected
program tc
map cells array 4 64 1
    r6 = r1
    call bpf_ktime_get_ns
    if w0 > 64 goto out
    if w0 == 0 goto out
    r1 = r6
    r2 = 0
    r3 = value(cells)
    r4 = r0
    call bpf_skb_load_bytes    // rejected: helperArgument|outOfBoundsMapValue check32BitsOfWiderValue
out:
    r0 = 0
    exit

== a per-processor value
accepted
map counters perCPUArray 4 8 1
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = map(counters)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r1 = *(u64 *)(r0 + 0)
    r1 += 1
    *(u64 *)(r0 + 0) = r1
out:
    r0 = 0
    exit

== an element of an array whose index is constant and too high
because there are four elements; the look-up finds nothing, and nobody checks
rejected
map cells array 4 8 4
    *(u32 *)(r10 - 4) = 4
    r2 = r10
    r2 += -4
    r1 = map(cells)
    call bpf_map_lookup_elem
    r0 = *(u64 *)(r0 + 0)    // rejected: possiblyNull checkForNull
    r0 = 0
    exit

== a value is used after its entry was deleted
accepted
because the memory of an entry stays a value of this map until the program ends
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = r0
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_delete_elem
    r0 = *(u64 *)(r6 + 0)
out:
    r0 = 0
    exit
