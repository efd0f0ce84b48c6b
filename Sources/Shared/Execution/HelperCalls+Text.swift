internal import Channel

/// Helpers on strings (kernel/bpf/helpers.c), and the name of the event's process.
extension ProgramRunner {
    /// `bpf_get_current_comm`: the name, cut where the buffer ends, and zeros behind it.
    @_optimize(size) mutating func copyCommand(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let (buffer, size) = (registers[1], registers[2] & 0xFFFF_FFFF)
        guard mayWrite(buffer, count: size) else { return refuse(buffer) }
        registers[0] = extend(LinuxError.invalid)
        guard size > 0 else { return nil }
        memory.zero(buffer, count: Int(truncatingIfNeeded: size))
        memory.move(
            from: slot &+ EventSlot.command, to: buffer, count: min(size &- 1, EventSlot.commandSize &- 1))
        registers[0] = 0
        return nil
    }

    /// `bpf_strncmp`.
    @_optimize(size) mutating func compareStrings(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let (first, size, second) = (registers[1], registers[2] & 0xFFFF_FFFF, registers[3])
        guard mayRead(first, count: size) else { return refuse(first) }
        registers[0] = 0
        var index: UInt64 = 0
        while index < size {
            guard mayRead(second &+ index, count: 1) else { return refuse(second &+ index) }
            let (one, other) = (memory.load8(first &+ index), memory.load8(second &+ index))
            if one != other {
                registers[0] = one < other ? .max : 1
                return nil
            }
            if one == 0 { return nil }
            index &+= 1
        }
        return nil
    }
}
