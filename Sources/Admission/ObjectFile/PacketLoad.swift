import Bytecode

/// A packet load of classic BPF (BPF_LD with BPF_ABS or BPF_IND, RFC 9669 section 5.5), which no engine executes: programs get ordinary
/// instructions that do the same in its place, before anybody verifies them.
///
/// The load's own slot becomes a jump to a block behind the function, which jumps back: so every instruction of the object keeps the number
/// that it has there, and no other jump has to be changed. As in Linux (bpf_gen_ld_abs in net/core/filter.c) the block calls a routine
/// and ends the function with 0 where that fails; R6 is the context, and R1 to R5 are lost. The routine has a frame of its own, since there
/// may be no room left in the function's.
struct PacketLoad: Equatable, Sendable {
    /// 1, 2 or 4.
    let bytes: Int32
    /// The register that is added to the offset; nil for BPF_ABS.
    let index: UInt8?
    let offset: Int32

    /// Nil where it is something else, or has something in a field that must be 0: the decoder says what is wrong.
    init?(_ slot: Slot) {
        guard slot.opcode & 0x07 == 0, slot.offset == 0, slot.destination == 0 else { return nil }
        switch slot.opcode & 0xE0 {
        case 0x20 where slot.source == 0: index = nil
        case 0x40 where slot.source <= 10: index = slot.source
        default: return nil
        }
        switch slot.opcode & 0x18 {
        case 0x00: bytes = 4
        case 0x08: bytes = 2
        case 0x10: bytes = 1
        default: return nil
        }
        offset = slot.immediate
    }

    var routine: Routine { Routine(bytes: bytes, takesNegative: index != nil || offset < 0) }

    /// Where in ``block(at:back:)`` the routine is called.
    var callPosition: Int { index == nil || offset == 0 ? 2 : 3 }

    /// The block that does the work, its call not filled in.
    ///
    /// - Parameters:
    ///   - start: where the block begins.
    ///   - back: where the function goes on.
    func block(at start: Int, back: Int) -> [Slot] {
        var code: [Slot] = []
        if let index {
            code.append(Slot(0xBF, 2, index))  // r2 = index
            if offset != 0 { code.append(Slot(0x07, 2, immediate: offset)) }  // r2 += offset
        } else {
            code.append(Slot(0xB7, 2, immediate: offset))  // r2 = offset
        }
        code.append(Slot(0xBF, 1, 6))  // r1 = r6
        code.append(Slot(0x85, 0, 1))  // call the routine
        code.append(Slot(0xC5, 0, offset: 1))  // if r0 s< 0 goto end
        code.append(Slot(jumpAt: start + code.count, to: back))
        code.append(Slot(0xB4, 0))  // end: w0 = 0
        code.append(Slot(0x95, 0))  // exit
        return code
    }

    /// What loads of one size call: R1 is the context and R2 the offset, of which 32 bits count. R0 is the number loaded, in the order of this
    /// machine, or negative where the packet does not have it (bpf_skb_load_helper_8, _16 and _32 in net/core/filter.c).
    struct Routine: Hashable, Sendable {
        let bytes: Int32
        /// Whether the offset may be negative: from SKF_NET_OFF on relative to the network's header, from SKF_LL_OFF on to the link's
        /// (include/uapi/linux/filter.h). What classic BPF finds from SKF_AD_OFF on is not there for eBPF, in Linux either: it lies behind
        /// any packet.
        let takesNegative: Bool

        /// SKF_LL_OFF is twice as far from 0.
        private static let networkOffset: Int32 = -0x10_0000
        private static let loadBytes: Int32 = 26
        private static let loadBytesRelative: Int32 = 68

        var name: String { "packet_load_\(bytes * 8)" + (takesNegative ? "_any" : "") }

        var code: [Slot] {
            var loads = [
                Slot(0xBF, 3, 10),  // r3 = r10
                Slot(0x07, 3, immediate: -8),  // r3 += -8
                Slot(0xB7, 4, immediate: bytes),  // r4 = bytes
                Slot(0x85, 0, immediate: Self.loadBytes),
            ]
            if takesNegative {
                let head = [
                    Slot(0xBC, 2, 2),  // w2 = w2
                    Slot(0xC6, 2, offset: Int16(loads.count) + 1),  // if w2 s< 0 goto the negative
                ]
                let negative = [
                    Slot(0xB7, 5, immediate: 1),  // r5 = BPF_HDR_START_NET
                    Slot(0x04, 2, immediate: -Self.networkOffset),  // w2 -= SKF_NET_OFF
                    Slot(0x76, 2, offset: 5),  // if w2 s>= 0 goto the load
                    Slot(0xB7, 5, immediate: 0),  // r5 = BPF_HDR_START_MAC
                    Slot(0x04, 2, immediate: -Self.networkOffset),  // w2 is relative to SKF_LL_OFF
                    Slot(0x76, 2, offset: 2),  // if w2 s>= 0 goto the load
                    Slot(0xB7, 0, immediate: -1),  // r0 = -1
                    Slot(0x95, 0),  // exit
                    Slot(0xBF, 3, 10),  // the load: r3 = r10
                    Slot(0x07, 3, immediate: -8),  // r3 += -8
                    Slot(0xB7, 4, immediate: bytes),  // r4 = bytes
                    Slot(0x85, 0, immediate: Self.loadBytesRelative),
                ]
                loads = head + loads + [Slot(0x05, 0, offset: Int16(negative.count))] + negative
            }
            loads += [
                Slot(0x15, 0, offset: 2),  // if r0 == 0 goto the number
                Slot(0xB7, 0, immediate: -1),  // r0 = -1
                Slot(0x95, 0),  // exit
            ]
            switch bytes {
            case 1: loads.append(Slot(0x71, 0, 10, offset: -8))
            case 2: loads += [Slot(0x69, 0, 10, offset: -8), Slot(0xDC, 0, immediate: 16)]
            default: loads += [Slot(0x61, 0, 10, offset: -8), Slot(0xDC, 0, immediate: 32)]
            }
            return loads + [Slot(0x95, 0)]
        }
    }
}

extension Slot {
    /// An instruction of a routine that is linked in.
    init(_ opcode: UInt8, _ destination: UInt8, _ source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0) {
        self.init(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate)
    }

    /// A jump, in the form that reaches far where the other does not reach.
    init(jumpAt slot: Int, to target: Int) {
        // Programs have at most 65,536 slots, so the distance fits 32 bits.
        let distance = target - slot - 1
        if let near = Int16(exactly: distance) {
            self.init(0x05, 0, offset: near)
        } else {
            self.init(0x06, 0, immediate: Int32(distance))
        }
    }
}
