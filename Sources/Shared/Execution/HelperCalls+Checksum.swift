internal import Channel

/// Sums of the Internet's checksum (RFC 1071), computed as Linux does on x86-64, so that 0 and its other form come out the same.
private enum Checksum {
    @_optimize(size) static func add(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let sum = a &+ b
        return sum < a ? sum &+ 1 : sum
    }

    @_optimize(size) static func subtract(_ a: UInt32, _ b: UInt32) -> UInt32 { add(a, ~b) }

    /// 32 bits folded to 16.
    @_optimize(size) static func fold(_ sum: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: (sum &+ (sum >> 16 | sum << 16)) >> 16)
    }

    /// `csum_partial` (arch/x86/lib/csum-partial_64.c).
    @_optimize(size) static func partial(_ memory: CellMemory, _ start: UInt64, _ count: UInt64, _ seed: UInt32)
        -> UInt32
    {
        var sum = UInt64(seed)
        var offset: UInt64 = 0
        while offset < count {
            var word: UInt64 = 0
            if count &- offset >= 8 {
                word = memory.load64(start &+ offset)
                offset &+= 8
            } else {
                var shift: UInt64 = 0
                while offset < count {
                    word |= UInt64(memory.load8(start &+ offset)) << shift
                    shift &+= 8
                    offset &+= 1
                }
            }
            sum = sum &+ word
            if sum < word { sum &+= 1 }
        }
        return add(low(sum >> 32), low(sum))
    }
}

extension ProgramRunner {
    /// `bpf_csum_diff`.
    @_optimize(size) mutating func checksumDifference(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let (from, fromSize, to, toSize) = (registers[1], registers[2], registers[3], registers[4])
        guard mayRead(from, count: fromSize) else { return refuse(from) }
        guard mayRead(to, count: toSize) else { return refuse(to) }
        var sum = low(registers[5])
        if fromSize != 0, toSize != 0 {
            let removed = Checksum.partial(memory, from, fromSize, 0)
            sum = Checksum.subtract(Checksum.partial(memory, to, toSize, sum), removed)
        } else if toSize != 0 {
            sum = Checksum.partial(memory, to, toSize, sum)
        } else if fromSize != 0 {
            sum = ~Checksum.partial(memory, from, fromSize, ~sum)
        }
        registers[0] = UInt64(Checksum.fold(sum))
        return nil
    }

    /// `bpf_l3_csum_replace`, `bpf_l4_csum_replace`.
    @_optimize(size) func replaceChecksum(
        at offset: UInt64, _ from: UInt64, _ to: UInt64, _ flags: UInt64, ofTransport: Bool
    ) -> Int64 {
        // BPF_F_HDR_FIELD_MASK; and BPF_F_PSEUDO_HDR, BPF_F_MARK_MANGLED_0, BPF_F_MARK_ENFORCE, BPF_F_IPV6.
        guard flags & ~(ofTransport ? 0xFF : 0x0F) == 0 else { return LinuxError.invalid }
        guard offset <= 0xFFFF, offset & 1 == 0, packet.holds(offset, 2) else { return LinuxError.fault }
        let place = packet.start &+ offset
        let old = memory.load16(place)
        let keepsZero = flags & 0x20 != 0
        if keepsZero, flags & 0x40 == 0, old == 0 { return 0 }
        let unfolded = ~UInt32(old)
        let sum: UInt32
        switch flags & 0x0F {
        case 0:
            guard from == 0 else { return LinuxError.invalid }
            sum = Checksum.add(low(to), unfolded)
        case 2:
            let (removed, added) = (UInt32(low(from) & 0xFFFF), UInt32(low(to) & 0xFFFF))
            sum = Checksum.add(Checksum.subtract(unfolded, removed), added)
        case 4: sum = Checksum.add(Checksum.subtract(unfolded, low(from)), low(to))
        default: return LinuxError.invalid
        }
        var new = ~Checksum.fold(sum)
        // 0 would say that there is no sum.
        if keepsZero, new == 0 { new = 0xFFFF }
        memory.store16(place, new)
        return 0
    }
}
