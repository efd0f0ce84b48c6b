internal import Channel

/// A number that is the same for all packets of a flow, in both directions, and different for most others: of addresses, protocol and
/// ports. Linux's comes of a secret key, ours of the seed of random numbers.
struct FlowHash {
    let value: UInt32

    @_optimize(size) init(of packet: Packet, _ headers: PacketHeaders, in memory: CellMemory, seed: UInt64) {
        var mix = Mix(state: seed)
        var offset = headers.networkOffset
        // Tags of virtual LANs.
        while headers.networkOffset != 0, offset < 26, packet.holds(0, offset &+ 4) {
            let type = memory.load16(packet.start &+ offset &- 2)
            guard type == 0x0081 || type == 0xA888 else { break }
            offset &+= 4
        }
        let start = packet.start &+ offset
        guard packet.holds(offset, 40) || packet.holds(offset, 20) && memory.load8(start) >> 4 == 4 else {
            value = mix.finish()
            return
        }
        var transport: UInt64 = 40
        var next: UInt8 = 0
        switch memory.load8(start) >> 4 {
        case 4:
            mix.add(UInt64(memory.load32(start &+ 12)), UInt64(memory.load32(start &+ 16)))
            transport = UInt64(memory.load8(start) & 15) &* 4
            next = memory.load8(start &+ 9)
            // A fragment behind the first has no ports.
            if memory.load16(start &+ 6) & 0xFF1F != 0 { transport = .max }
        case 6:
            mix.add(memory.load64(start &+ 8), memory.load64(start &+ 24))
            mix.add(memory.load64(start &+ 16), memory.load64(start &+ 32))
            next = memory.load8(start &+ 6)
        default: break
        }
        mix.add(UInt64(next), 0)
        // TCP, UDP, SCTP.
        if next == 6 || next == 17 || next == 132, transport < 64, packet.holds(offset &+ transport, 4) {
            let ports = start &+ transport
            mix.add(UInt64(memory.load16(ports)), UInt64(memory.load16(ports &+ 2)))
        }
        value = mix.finish()
    }

    private struct Mix {
        var state: UInt64

        /// Two numbers whose order does not count.
        @_optimize(size) @inline(never) mutating func add(_ a: UInt64, _ b: UInt64) {
            state = (state ^ min(a, b)) &* 0x9E37_79B9_7F4A_7C15
            state = (state ^ state >> 32 ^ max(a, b)) &* 0x9E37_79B9_7F4A_7C15
        }

        /// Never 0, which says that there is no hash.
        @_optimize(size) func finish() -> UInt32 { max(UInt32(truncatingIfNeeded: state >> 32), 1) }
    }
}
