# Branches that know of each other, and many of them: what is lost when ways that meet are made one.

== a function's answer says that the packet was checked
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r5 = -22
    if r4 > r3 goto join
    r5 = 0
join:
    if r5 != 0 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== a function's answer says that the packet was not checked
because the answer 0 is the one of a packet that is too short
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    r5 = 0
    if r4 > r3 goto join
    r5 = 1
join:
    if r5 != 0 goto out
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== an answer of three kinds, of which one says that the packet was checked
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 34
    r5 = -22
    if r4 > r3 goto join
    r5 = *(u8 *)(r2 + 12)
    if r5 == 8 goto known
    r5 = -95
    goto join
known:
    r5 = 1
join:
    if r5 s< 0 goto out
    r0 = *(u8 *)(r2 + 33)
out:
    r0 = 2
    exit

== a flag says that a register was set
accepted
    r6 = *(u32 *)(r1 + 12)
    r7 = 0
    if r6 == 0 goto join
    r8 = *(u32 *)(r1 + 16)
    r7 = 1
join:
    call bpf_ktime_get_ns
    if r7 == 0 goto out
    r0 = r8
out:
    r0 = 2
    exit

== a flag says that another register was set
because where the flag is 0 the register holds whatever the machine left there
rejected
    r6 = *(u32 *)(r1 + 12)
    r7 = 0
    if r6 == 0 goto join
    r8 = *(u32 *)(r1 + 16)
    r7 = 1
join:
    call bpf_ktime_get_ns
    if r7 != 0 goto out
    r0 = r8    // rejected: uninitialisedRegister
out:
    r0 = 2
    exit

== a flag on the stack says that a value was found
accepted
map table hash 4 8 16
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = 0
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r6 = r0
    if r0 == 0 goto join
    *(u64 *)(r10 - 16) = 1
join:
    r1 = *(u64 *)(r10 - 16)
    if r1 == 0 goto out
    r0 = *(u64 *)(r6 + 0)
out:
    r0 = 0
    exit

== a flag on the stack that may have been set before says nothing
because the flag is set also where nothing was found
rejected
map table hash 4 8 16
    *(u64 *)(r10 - 16) = 1
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r1 = map(table)
    call bpf_map_lookup_elem
    r6 = r0
    if r0 == 0 goto join
    *(u64 *)(r10 - 16) = 1
join:
    r1 = *(u64 *)(r10 - 16)
    if r1 == 0 goto out
    r0 = *(u64 *)(r6 + 0)    // rejected: possiblyNull
out:
    r0 = 0
    exit

== the same question twice
accepted
    r6 = *(u32 *)(r1 + 12)
    r7 = 7
    if r6 > 100 goto first
    r7 = r1
first:
    call bpf_ktime_get_ns
    if r6 > 100 goto out
    r0 = *(u32 *)(r7 + 12)
out:
    r0 = 2
    exit

== nearly the same question twice
because with 101 the register holds the number 7
rejected
    r6 = *(u32 *)(r1 + 12)
    r7 = 7
    if r6 > 100 goto first
    r7 = r1
first:
    call bpf_ktime_get_ns
    if r6 > 101 goto out
    r0 = *(u32 *)(r7 + 12)    // rejected: notAPointer
out:
    r0 = 2
    exit

== the length of a header depends on a flag, and so does the check
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r6 = *(u32 *)(r1 + 12)
    r4 = 14
    if r6 == 0 goto checked
    r4 = 18
checked:
    r5 = r2
    r5 += r4
    if r5 > r3 goto out
    r0 = *(u8 *)(r2 + 13)
    if r6 == 0 goto out
    r0 = *(u8 *)(r2 + 17)
out:
    r0 = 2
    exit

== the length of a header depends on a flag, and is used without it
because without the flag only 14 bytes are checked
rejected
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r6 = *(u32 *)(r1 + 12)
    r4 = 14
    if r6 == 0 goto checked
    r4 = 18
checked:
    r5 = r2
    r5 += r4
    if r5 > r3 goto out
    r0 = *(u8 *)(r2 + 17)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== the length in 32 bits is compared with a number
accepted
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r3
    r4 -= r2
    w5 = w4
    if w5 < 14 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== the constant of a configuration is the length that is checked
accepted
map fixed array 4 4 1 flags 128 readOnly
contents fixed 0e 00 00 00
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = value(fixed)
    r4 = *(u32 *)(r4 + 0)
    r5 = r2
    r5 += r4
    if r5 > r3 goto out
    r0 = *(u8 *)(r2 + 13)
out:
    r0 = 2
    exit

== the constant of a configuration is the length that is checked, and one too few
because the constant is 13
rejected
map fixed array 4 4 1 flags 128 readOnly
contents fixed 0d 00 00 00
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = value(fixed)
    r4 = *(u32 *)(r4 + 0)
    r5 = r2
    r5 += r4
    if r5 > r3 goto out
    r0 = *(u8 *)(r2 + 13)    // rejected: outOfBoundsPacket
out:
    r0 = 2
    exit

== an unsigned check of a number that is used with signs
accepted
program tc
map cells array 4 64 1
    call bpf_ktime_get_ns
    r2 = 64
    if r0 > r2 goto out
    if r0 s< 1 goto out
    r4 = r0
    r1 = value(cells)
    r1 += r4
    r0 = *(u8 *)(r1 - 1)
out:
    r0 = 0
    exit

== a switch sets one of four, and a second switch uses it
accepted
    r6 = *(u32 *)(r1 + 12)
    r6 &= 3
    if r6 == 0 goto zero
    if r6 == 1 goto one
    if r6 == 2 goto two
    r7 = r1
    goto join
zero:
    r7 = r10
    goto join
one:
    r7 = 1
    goto join
two:
    r7 = 2
join:
    if r6 == 3 goto context
    if r6 == 0 goto frame
    r0 = r7
    r0 &= 1
    exit
context:
    r0 = *(u32 *)(r7 + 12)
    r0 = 0
    exit
frame:
    *(u64 *)(r7 - 8) = 1
    r0 = 0
    exit

== what was stored depends on a branch, and its use on the same branch
accepted
    r6 = *(u32 *)(r1 + 12)
    if r6 == 0 goto join
    *(u64 *)(r10 - 8) = 5
join:
    r0 = 0
    if r6 == 0 goto out
    r0 = *(u64 *)(r10 - 8)
out:
    exit

== 20 branches one after the other
accepted
map cells array 4 21 1
    r6 = *(u32 *)(r1 + 12)
    r7 = 0
    r0 = r6
    r0 &= 1
    if r0 == 0 goto skip0
    r7 += 1
skip0:
    r0 = r6
    r0 &= 2
    if r0 == 0 goto skip1
    r7 += 1
skip1:
    r0 = r6
    r0 &= 4
    if r0 == 0 goto skip2
    r7 += 1
skip2:
    r0 = r6
    r0 &= 8
    if r0 == 0 goto skip3
    r7 += 1
skip3:
    r0 = r6
    r0 &= 16
    if r0 == 0 goto skip4
    r7 += 1
skip4:
    r0 = r6
    r0 &= 32
    if r0 == 0 goto skip5
    r7 += 1
skip5:
    r0 = r6
    r0 &= 64
    if r0 == 0 goto skip6
    r7 += 1
skip6:
    r0 = r6
    r0 &= 128
    if r0 == 0 goto skip7
    r7 += 1
skip7:
    r0 = r6
    r0 &= 256
    if r0 == 0 goto skip8
    r7 += 1
skip8:
    r0 = r6
    r0 &= 512
    if r0 == 0 goto skip9
    r7 += 1
skip9:
    r0 = r6
    r0 &= 1024
    if r0 == 0 goto skip10
    r7 += 1
skip10:
    r0 = r6
    r0 &= 2048
    if r0 == 0 goto skip11
    r7 += 1
skip11:
    r0 = r6
    r0 &= 4096
    if r0 == 0 goto skip12
    r7 += 1
skip12:
    r0 = r6
    r0 &= 8192
    if r0 == 0 goto skip13
    r7 += 1
skip13:
    r0 = r6
    r0 &= 16384
    if r0 == 0 goto skip14
    r7 += 1
skip14:
    r0 = r6
    r0 &= 32768
    if r0 == 0 goto skip15
    r7 += 1
skip15:
    r0 = r6
    r0 &= 65536
    if r0 == 0 goto skip16
    r7 += 1
skip16:
    r0 = r6
    r0 &= 131072
    if r0 == 0 goto skip17
    r7 += 1
skip17:
    r0 = r6
    r0 &= 262144
    if r0 == 0 goto skip18
    r7 += 1
skip18:
    r0 = r6
    r0 &= 524288
    if r0 == 0 goto skip19
    r7 += 1
skip19:
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)
    exit

== 20 branches one after the other, and the last offset is too large
because the 20 branches add up to 20 at most, and byte 20 of a value of 20 is outside
rejected
map cells array 4 20 1
    r6 = *(u32 *)(r1 + 12)
    r7 = 0
    r0 = r6
    r0 &= 1
    if r0 == 0 goto skip0
    r7 += 1
skip0:
    r0 = r6
    r0 &= 2
    if r0 == 0 goto skip1
    r7 += 1
skip1:
    r0 = r6
    r0 &= 4
    if r0 == 0 goto skip2
    r7 += 1
skip2:
    r0 = r6
    r0 &= 8
    if r0 == 0 goto skip3
    r7 += 1
skip3:
    r0 = r6
    r0 &= 16
    if r0 == 0 goto skip4
    r7 += 1
skip4:
    r0 = r6
    r0 &= 32
    if r0 == 0 goto skip5
    r7 += 1
skip5:
    r0 = r6
    r0 &= 64
    if r0 == 0 goto skip6
    r7 += 1
skip6:
    r0 = r6
    r0 &= 128
    if r0 == 0 goto skip7
    r7 += 1
skip7:
    r0 = r6
    r0 &= 256
    if r0 == 0 goto skip8
    r7 += 1
skip8:
    r0 = r6
    r0 &= 512
    if r0 == 0 goto skip9
    r7 += 1
skip9:
    r0 = r6
    r0 &= 1024
    if r0 == 0 goto skip10
    r7 += 1
skip10:
    r0 = r6
    r0 &= 2048
    if r0 == 0 goto skip11
    r7 += 1
skip11:
    r0 = r6
    r0 &= 4096
    if r0 == 0 goto skip12
    r7 += 1
skip12:
    r0 = r6
    r0 &= 8192
    if r0 == 0 goto skip13
    r7 += 1
skip13:
    r0 = r6
    r0 &= 16384
    if r0 == 0 goto skip14
    r7 += 1
skip14:
    r0 = r6
    r0 &= 32768
    if r0 == 0 goto skip15
    r7 += 1
skip15:
    r0 = r6
    r0 &= 65536
    if r0 == 0 goto skip16
    r7 += 1
skip16:
    r0 = r6
    r0 &= 131072
    if r0 == 0 goto skip17
    r7 += 1
skip17:
    r0 = r6
    r0 &= 262144
    if r0 == 0 goto skip18
    r7 += 1
skip18:
    r0 = r6
    r0 &= 524288
    if r0 == 0 goto skip19
    r7 += 1
skip19:
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)    // rejected: outOfBoundsMapValue
    exit

== 24 branches whose traces nobody reads
because 2^24 ways lead through, and all that differs between them is never read
accepted
    r6 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 8) = 0
    r0 = r6
    r0 &= 1
    if r0 == 0 goto skip0
    *(u64 *)(r10 - 8) = 1
skip0:
    *(u64 *)(r10 - 16) = 0
    r0 = r6
    r0 &= 2
    if r0 == 0 goto skip1
    *(u64 *)(r10 - 16) = 2
skip1:
    *(u64 *)(r10 - 24) = 0
    r0 = r6
    r0 &= 4
    if r0 == 0 goto skip2
    *(u64 *)(r10 - 24) = 3
skip2:
    *(u64 *)(r10 - 32) = 0
    r0 = r6
    r0 &= 8
    if r0 == 0 goto skip3
    *(u64 *)(r10 - 32) = 4
skip3:
    *(u64 *)(r10 - 40) = 0
    r0 = r6
    r0 &= 16
    if r0 == 0 goto skip4
    *(u64 *)(r10 - 40) = 5
skip4:
    *(u64 *)(r10 - 48) = 0
    r0 = r6
    r0 &= 32
    if r0 == 0 goto skip5
    *(u64 *)(r10 - 48) = 6
skip5:
    *(u64 *)(r10 - 56) = 0
    r0 = r6
    r0 &= 64
    if r0 == 0 goto skip6
    *(u64 *)(r10 - 56) = 7
skip6:
    *(u64 *)(r10 - 64) = 0
    r0 = r6
    r0 &= 128
    if r0 == 0 goto skip7
    *(u64 *)(r10 - 64) = 8
skip7:
    *(u64 *)(r10 - 72) = 0
    r0 = r6
    r0 &= 256
    if r0 == 0 goto skip8
    *(u64 *)(r10 - 72) = 9
skip8:
    *(u64 *)(r10 - 80) = 0
    r0 = r6
    r0 &= 512
    if r0 == 0 goto skip9
    *(u64 *)(r10 - 80) = 10
skip9:
    *(u64 *)(r10 - 88) = 0
    r0 = r6
    r0 &= 1024
    if r0 == 0 goto skip10
    *(u64 *)(r10 - 88) = 11
skip10:
    *(u64 *)(r10 - 96) = 0
    r0 = r6
    r0 &= 2048
    if r0 == 0 goto skip11
    *(u64 *)(r10 - 96) = 12
skip11:
    *(u64 *)(r10 - 104) = 0
    r0 = r6
    r0 &= 4096
    if r0 == 0 goto skip12
    *(u64 *)(r10 - 104) = 13
skip12:
    *(u64 *)(r10 - 112) = 0
    r0 = r6
    r0 &= 8192
    if r0 == 0 goto skip13
    *(u64 *)(r10 - 112) = 14
skip13:
    *(u64 *)(r10 - 120) = 0
    r0 = r6
    r0 &= 16384
    if r0 == 0 goto skip14
    *(u64 *)(r10 - 120) = 15
skip14:
    *(u64 *)(r10 - 128) = 0
    r0 = r6
    r0 &= 32768
    if r0 == 0 goto skip15
    *(u64 *)(r10 - 128) = 16
skip15:
    *(u64 *)(r10 - 136) = 0
    r0 = r6
    r0 &= 65536
    if r0 == 0 goto skip16
    *(u64 *)(r10 - 136) = 17
skip16:
    *(u64 *)(r10 - 144) = 0
    r0 = r6
    r0 &= 131072
    if r0 == 0 goto skip17
    *(u64 *)(r10 - 144) = 18
skip17:
    *(u64 *)(r10 - 152) = 0
    r0 = r6
    r0 &= 262144
    if r0 == 0 goto skip18
    *(u64 *)(r10 - 152) = 19
skip18:
    *(u64 *)(r10 - 160) = 0
    r0 = r6
    r0 &= 524288
    if r0 == 0 goto skip19
    *(u64 *)(r10 - 160) = 20
skip19:
    *(u64 *)(r10 - 168) = 0
    r0 = r6
    r0 &= 1048576
    if r0 == 0 goto skip20
    *(u64 *)(r10 - 168) = 21
skip20:
    *(u64 *)(r10 - 176) = 0
    r0 = r6
    r0 &= 2097152
    if r0 == 0 goto skip21
    *(u64 *)(r10 - 176) = 22
skip21:
    *(u64 *)(r10 - 184) = 0
    r0 = r6
    r0 &= 4194304
    if r0 == 0 goto skip22
    *(u64 *)(r10 - 184) = 23
skip22:
    *(u64 *)(r10 - 192) = 0
    r0 = r6
    r0 &= 8388608
    if r0 == 0 goto skip23
    *(u64 *)(r10 - 192) = 24
skip23:
    r0 = 0
    exit

== 24 branches whose traces are all read
because 2^24 ways lead through, and what differs between them is read but decides nothing
accepted
    r6 = *(u32 *)(r1 + 12)
    *(u64 *)(r10 - 8) = 0
    r0 = r6
    r0 &= 1
    if r0 == 0 goto skip0
    *(u64 *)(r10 - 8) = 1
skip0:
    *(u64 *)(r10 - 16) = 0
    r0 = r6
    r0 &= 2
    if r0 == 0 goto skip1
    *(u64 *)(r10 - 16) = 2
skip1:
    *(u64 *)(r10 - 24) = 0
    r0 = r6
    r0 &= 4
    if r0 == 0 goto skip2
    *(u64 *)(r10 - 24) = 3
skip2:
    *(u64 *)(r10 - 32) = 0
    r0 = r6
    r0 &= 8
    if r0 == 0 goto skip3
    *(u64 *)(r10 - 32) = 4
skip3:
    *(u64 *)(r10 - 40) = 0
    r0 = r6
    r0 &= 16
    if r0 == 0 goto skip4
    *(u64 *)(r10 - 40) = 5
skip4:
    *(u64 *)(r10 - 48) = 0
    r0 = r6
    r0 &= 32
    if r0 == 0 goto skip5
    *(u64 *)(r10 - 48) = 6
skip5:
    *(u64 *)(r10 - 56) = 0
    r0 = r6
    r0 &= 64
    if r0 == 0 goto skip6
    *(u64 *)(r10 - 56) = 7
skip6:
    *(u64 *)(r10 - 64) = 0
    r0 = r6
    r0 &= 128
    if r0 == 0 goto skip7
    *(u64 *)(r10 - 64) = 8
skip7:
    *(u64 *)(r10 - 72) = 0
    r0 = r6
    r0 &= 256
    if r0 == 0 goto skip8
    *(u64 *)(r10 - 72) = 9
skip8:
    *(u64 *)(r10 - 80) = 0
    r0 = r6
    r0 &= 512
    if r0 == 0 goto skip9
    *(u64 *)(r10 - 80) = 10
skip9:
    *(u64 *)(r10 - 88) = 0
    r0 = r6
    r0 &= 1024
    if r0 == 0 goto skip10
    *(u64 *)(r10 - 88) = 11
skip10:
    *(u64 *)(r10 - 96) = 0
    r0 = r6
    r0 &= 2048
    if r0 == 0 goto skip11
    *(u64 *)(r10 - 96) = 12
skip11:
    *(u64 *)(r10 - 104) = 0
    r0 = r6
    r0 &= 4096
    if r0 == 0 goto skip12
    *(u64 *)(r10 - 104) = 13
skip12:
    *(u64 *)(r10 - 112) = 0
    r0 = r6
    r0 &= 8192
    if r0 == 0 goto skip13
    *(u64 *)(r10 - 112) = 14
skip13:
    *(u64 *)(r10 - 120) = 0
    r0 = r6
    r0 &= 16384
    if r0 == 0 goto skip14
    *(u64 *)(r10 - 120) = 15
skip14:
    *(u64 *)(r10 - 128) = 0
    r0 = r6
    r0 &= 32768
    if r0 == 0 goto skip15
    *(u64 *)(r10 - 128) = 16
skip15:
    *(u64 *)(r10 - 136) = 0
    r0 = r6
    r0 &= 65536
    if r0 == 0 goto skip16
    *(u64 *)(r10 - 136) = 17
skip16:
    *(u64 *)(r10 - 144) = 0
    r0 = r6
    r0 &= 131072
    if r0 == 0 goto skip17
    *(u64 *)(r10 - 144) = 18
skip17:
    *(u64 *)(r10 - 152) = 0
    r0 = r6
    r0 &= 262144
    if r0 == 0 goto skip18
    *(u64 *)(r10 - 152) = 19
skip18:
    *(u64 *)(r10 - 160) = 0
    r0 = r6
    r0 &= 524288
    if r0 == 0 goto skip19
    *(u64 *)(r10 - 160) = 20
skip19:
    *(u64 *)(r10 - 168) = 0
    r0 = r6
    r0 &= 1048576
    if r0 == 0 goto skip20
    *(u64 *)(r10 - 168) = 21
skip20:
    *(u64 *)(r10 - 176) = 0
    r0 = r6
    r0 &= 2097152
    if r0 == 0 goto skip21
    *(u64 *)(r10 - 176) = 22
skip21:
    *(u64 *)(r10 - 184) = 0
    r0 = r6
    r0 &= 4194304
    if r0 == 0 goto skip22
    *(u64 *)(r10 - 184) = 23
skip22:
    *(u64 *)(r10 - 192) = 0
    r0 = r6
    r0 &= 8388608
    if r0 == 0 goto skip23
    *(u64 *)(r10 - 192) = 24
skip23:
    r0 = 0
    r1 = *(u64 *)(r10 - 8)
    r0 += r1
    r1 = *(u64 *)(r10 - 16)
    r0 += r1
    r1 = *(u64 *)(r10 - 24)
    r0 += r1
    r1 = *(u64 *)(r10 - 32)
    r0 += r1
    r1 = *(u64 *)(r10 - 40)
    r0 += r1
    r1 = *(u64 *)(r10 - 48)
    r0 += r1
    r1 = *(u64 *)(r10 - 56)
    r0 += r1
    r1 = *(u64 *)(r10 - 64)
    r0 += r1
    r1 = *(u64 *)(r10 - 72)
    r0 += r1
    r1 = *(u64 *)(r10 - 80)
    r0 += r1
    r1 = *(u64 *)(r10 - 88)
    r0 += r1
    r1 = *(u64 *)(r10 - 96)
    r0 += r1
    r1 = *(u64 *)(r10 - 104)
    r0 += r1
    r1 = *(u64 *)(r10 - 112)
    r0 += r1
    r1 = *(u64 *)(r10 - 120)
    r0 += r1
    r1 = *(u64 *)(r10 - 128)
    r0 += r1
    r1 = *(u64 *)(r10 - 136)
    r0 += r1
    r1 = *(u64 *)(r10 - 144)
    r0 += r1
    r1 = *(u64 *)(r10 - 152)
    r0 += r1
    r1 = *(u64 *)(r10 - 160)
    r0 += r1
    r1 = *(u64 *)(r10 - 168)
    r0 += r1
    r1 = *(u64 *)(r10 - 176)
    r0 += r1
    r1 = *(u64 *)(r10 - 184)
    r0 += r1
    r1 = *(u64 *)(r10 - 192)
    r0 += r1
    r0 &= 1
    exit

== 24 branches, and a pointer that is null in one of 2^24 ways
because where every bit is set r8 ends up as the number 0
rejected
    r8 = r1
    r6 = *(u32 *)(r1 + 12)
    r7 = 0
    r0 = r6
    r0 &= 1
    if r0 == 0 goto skip0
    r7 += 1
skip0:
    r0 = r6
    r0 &= 2
    if r0 == 0 goto skip1
    r7 += 1
skip1:
    r0 = r6
    r0 &= 4
    if r0 == 0 goto skip2
    r7 += 1
skip2:
    r0 = r6
    r0 &= 8
    if r0 == 0 goto skip3
    r7 += 1
skip3:
    r0 = r6
    r0 &= 16
    if r0 == 0 goto skip4
    r7 += 1
skip4:
    r0 = r6
    r0 &= 32
    if r0 == 0 goto skip5
    r7 += 1
skip5:
    r0 = r6
    r0 &= 64
    if r0 == 0 goto skip6
    r7 += 1
skip6:
    r0 = r6
    r0 &= 128
    if r0 == 0 goto skip7
    r7 += 1
skip7:
    r0 = r6
    r0 &= 256
    if r0 == 0 goto skip8
    r7 += 1
skip8:
    r0 = r6
    r0 &= 512
    if r0 == 0 goto skip9
    r7 += 1
skip9:
    r0 = r6
    r0 &= 1024
    if r0 == 0 goto skip10
    r7 += 1
skip10:
    r0 = r6
    r0 &= 2048
    if r0 == 0 goto skip11
    r7 += 1
skip11:
    r0 = r6
    r0 &= 4096
    if r0 == 0 goto skip12
    r7 += 1
skip12:
    r0 = r6
    r0 &= 8192
    if r0 == 0 goto skip13
    r7 += 1
skip13:
    r0 = r6
    r0 &= 16384
    if r0 == 0 goto skip14
    r7 += 1
skip14:
    r0 = r6
    r0 &= 32768
    if r0 == 0 goto skip15
    r7 += 1
skip15:
    r0 = r6
    r0 &= 65536
    if r0 == 0 goto skip16
    r7 += 1
skip16:
    r0 = r6
    r0 &= 131072
    if r0 == 0 goto skip17
    r7 += 1
skip17:
    r0 = r6
    r0 &= 262144
    if r0 == 0 goto skip18
    r7 += 1
skip18:
    r0 = r6
    r0 &= 524288
    if r0 == 0 goto skip19
    r7 += 1
skip19:
    r0 = r6
    r0 &= 1048576
    if r0 == 0 goto skip20
    r7 += 1
skip20:
    r0 = r6
    r0 &= 2097152
    if r0 == 0 goto skip21
    r7 += 1
skip21:
    r0 = r6
    r0 &= 4194304
    if r0 == 0 goto skip22
    r7 += 1
skip22:
    r0 = r6
    r0 &= 8388608
    if r0 == 0 goto skip23
    r7 += 1
skip23:
    if r7 != 24 goto read
    r8 = 0
read:
    r0 = *(u32 *)(r8 + 12)    // rejected: notAPointer|possiblyNull
    r0 = 0
    exit

== branches in a loop of 64 rounds
because two ways in each round make 2^64, and what differs is a number of small range
accepted
map cells array 4 65 1
    r6 = 0
    r7 = 0
again:
    call bpf_get_prandom_u32
    r0 &= 1
    if r0 == 0 goto skip
    r7 += 1
skip:
    r6 += 1
    if r6 < 64 goto again
    r1 = value(cells)
    r1 += r7
    r0 = *(u8 *)(r1 + 0)
    exit

== four branches in a loop of 64 rounds, each with a slot of its own
because 16 ways in each round make 2^256, and what differs are four numbers of small range
accepted
    r6 = 0
    *(u64 *)(r10 - 8) = 0
    *(u64 *)(r10 - 16) = 0
    *(u64 *)(r10 - 24) = 0
    *(u64 *)(r10 - 32) = 0
again:
    call bpf_get_prandom_u32
    r1 = r0
    r1 &= 1
    if r1 == 0 goto skip0
    r2 = *(u64 *)(r10 - 8)
    r2 += 1
    *(u64 *)(r10 - 8) = r2
skip0:
    r1 = r0
    r1 &= 2
    if r1 == 0 goto skip1
    r2 = *(u64 *)(r10 - 16)
    r2 += 1
    *(u64 *)(r10 - 16) = r2
skip1:
    r1 = r0
    r1 &= 4
    if r1 == 0 goto skip2
    r2 = *(u64 *)(r10 - 24)
    r2 += 1
    *(u64 *)(r10 - 24) = r2
skip2:
    r1 = r0
    r1 &= 8
    if r1 == 0 goto skip3
    r2 = *(u64 *)(r10 - 32)
    r2 += 1
    *(u64 *)(r10 - 32) = r2
skip3:
    r6 += 1
    if r6 < 64 goto again
    r1 = *(u64 *)(r10 - 8)
    r0 += r1
    r1 = *(u64 *)(r10 - 16)
    r0 += r1
    r1 = *(u64 *)(r10 - 24)
    r0 += r1
    r1 = *(u64 *)(r10 - 32)
    r0 += r1
    r0 &= 1
    exit
