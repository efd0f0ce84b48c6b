internal import Bytecode
internal import Channel
internal import Prototypes

/// The helpers that read a process's memory (bpf_probe_read_user and its kin), as functions in bytecode over what the event brought along
/// (``EventMemory``): where all of it is there they copy it, and otherwise they fail as Linux does where memory is not mapped.
///
/// They are given no context, so the memory lies where they know it: a channel for such programs has one slot (``ChannelGeometry``).
enum MemoryReaders {
    /// Binary logarithms of the slots and the log of a channel whose one slot the functions know.
    static let slotCountShift: UInt32 = 0
    static let logCountShift: UInt32 = 8

    private static let badAddress: Int64 = -14
    /// What a helper for memory of the kernel says of an address of a process (copy_from_kernel_nofault_allowed).
    private static let outOfRange: Int64 = -34

    /// Whose addresses a helper takes.
    private enum Space {
        case process, kernel, either
    }

    /// Replaces all calls; whether there was any.
    ///
    /// - Parameter place: where the memory lies in a slot's payload (``EventShape/memory``).
    static func lower(_ code: inout AppendedCode, place: UInt32) -> Bool {
        let start = Int64(slotPayload) + Int64(place)
        var any = false
        let functions: [(helper: UInt32, space: Space, isText: Bool)] = [
            (4, .either, false), (112, .process, false), (113, .kernel, false), (45, .either, true),
            (114, .process, true), (115, .kernel, true),
        ]
        for (helper, space, isText) in functions {
            let isCalled = code.replace(helper: helper) { isText ? text(&$0, start, space) : read(&$0, start, space) }
            if isCalled { any = true }
        }
        return any
    }

    /// Where the payload of a channel's only slot lies: its records and its log come before it.
    private static let slotPayload: UInt64 = {
        do throws(ChannelGeometry.GeometryError) {
            // How large the slot is does not matter.
            return try ChannelGeometry(
                slotCountShift: slotCountShift, slotSizeShift: ChannelGeometry.slotSizes.lowerBound,
                logCountShift: logCountShift
            ).slots + EventSlot.payload
        } catch { preconditionFailure("a channel of one slot is one: \(error)") }
    }()

    /// `probe_read(destination, size, address)`: 0, or an error and zeros (bpf_probe_read_user_common in kernel/trace/bpf_trace.c).
    private static func read(_ code: inout AppendedCode, _ start: Int64, _ space: Space) {
        let isForeign = checkSpace(&code, space)
        code.set(0, to: 0)
        let isNothing = code.jump(.jumpEqual64Immediate, 2)
        let isMissing = find(&code, start)
        let isCut = code.jump(.jumpGreater64Register, 2, 7)
        let word = code.here
        let tail = code.jump(.jumpLess64Immediate, 2, immediate: 8)
        code.put(.load64, 5, 9)
        code.put(.store64Register, 1, 5)
        code.add(8, to: 1, 9)
        code.add(-8, to: 2)
        code.jump(to: word)
        code.land(tail)
        let byte = code.here
        let isDone = code.jump(.jumpEqual64Immediate, 2)
        code.put(.load8, 5, 9)
        code.put(.store8Register, 1, 5)
        code.add(1, to: 1, 9)
        code.add(-1, to: 2)
        code.jump(to: byte)
        code.land(isMissing, isCut)
        code.set(0, to: badAddress)
        if let isForeign { code.land(isForeign) }
        clear(&code)
        code.land(isDone, isNothing)
        code.exit()
    }

    /// `probe_read_str(destination, size, address)`: how many bytes there are with the 0 at the end, of which there is always one
    /// (strncpy_from_user_nofault in mm/maccess.c); or an error and zeros.
    private static func text(_ code: inout AppendedCode, _ start: Int64, _ space: Space) {
        let isForeign = checkSpace(&code, space)
        code.set(0, to: 0)
        let isNothing = code.jump(.jumpEqual64Immediate, 2)
        let isMissing = find(&code, start)
        // R1 and R2 stay what has to be cleared where the text does not end.
        code.copy(4, from: 1)
        code.set(0, to: 0)
        let byte = code.here
        let isFull = code.jump(.jumpEqual64Register, 0, 2)
        let isCut = code.jump(.jumpEqual64Register, 0, 7)
        code.put(.load8, 5, 9)
        code.put(.store8Register, 4, 5)
        code.add(1, to: 0, 4, 9)
        let isEnd = code.jump(.jumpEqual64Immediate, 5)
        code.jump(to: byte)
        code.land(isFull)
        code.put(.store8Immediate, 4, offset: -1)
        let isWhole = code.jump()
        code.land(isMissing, isCut)
        code.set(0, to: badAddress)
        if let isForeign { code.land(isForeign) }
        clear(&code)
        code.land(isNothing, isEnd, isWhole)
        code.exit()
    }

    /// Leads away, with the error in R0, where an address is not of the space that a helper is for.
    private static func checkSpace(_ code: inout AppendedCode, _ space: Space) -> Int? {
        switch space {
        case .process:
            code.set(0, to: badAddress)
            return code.jump(.jumpSignedLess64Immediate, 3)
        case .kernel:
            code.set(0, to: outOfRange)
            return code.jump(.jumpSignedGreaterOrEqual64Immediate, 3)
        case .either: return nil
        }
    }

    /// Finds the part that the address in R3 lies in: R9 is then where its bytes are, R7 how many there are from it on.
    ///
    /// - Returns: where it leads if there is none.
    private static func find(_ code: inout AppendedCode, _ start: Int64) -> Int {
        code.set(4, to: start)
        code.put(.load32, 5, 4)
        code.add(EventMemory.headerSize, to: 4)
        let part = code.here
        let isMissing = code.jump(.jumpEqual64Immediate, 5)
        code.put(.load64, 6, 4)
        code.put(.load32, 7, 4, offset: 8)
        code.copy(8, from: 3)
        code.put(.sub64Register, 8, 6)
        // Unsigned: an address before the part is far behind its end.
        let isFound = code.jump(.jumpLess64Register, 8, 7)
        code.add(EventMemory.partSize, to: 4)
        code.add(-1, to: 5)
        code.jump(to: part)
        code.land(isFound)
        code.put(.sub64Register, 7, 8)
        code.put(.load32, 9, 4, offset: 12)
        code.put(.add64Register, 9, 8)
        code.set(8, to: start)
        code.put(.add64Register, 9, 8)
        return isMissing
    }

    /// Writes zeros to as many bytes as R2 says, at R1. Ends behind its last instruction.
    private static func clear(_ code: inout AppendedCode) {
        let byte = code.here
        let isDone = code.jump(.jumpEqual64Immediate, 2)
        code.put(.store8Immediate, 1)
        code.add(1, to: 1)
        code.add(-1, to: 2)
        code.jump(to: byte)
        code.land(isDone)
    }
}
