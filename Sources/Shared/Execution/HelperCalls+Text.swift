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

    /// `bpf_strtol`, `bpf_strtoul`.
    @_optimize(size) mutating func parseNumber(_ registers: inout [16 of UInt64], isSigned: Bool) -> FaultKind? {
        let (text, size, place) = (registers[1], registers[2], registers[4])
        guard mayRead(text, count: size) else { return refuse(text) }
        guard mayWrite(place, count: 8) else { return refuse(place) }
        memory.store64(place, 0)
        var parser = NumberParser(memory: memory, text: text, size: size)
        var result = parser.parse(flags: registers[3])
        if result >= 0 {
            let value = parser.value
            if isSigned {
                // As Linux has it: the least of all numbers is its own negation, and passes.
                let number = parser.isNegative ? 0 &- value : value
                let isInRange = parser.isNegative ? signed(number) <= 0 : signed(number) >= 0
                if isInRange { memory.store64(place, number) } else { result = LinuxError.range }
            } else if parser.isNegative {
                result = LinuxError.invalid
            } else {
                memory.store64(place, value)
            }
        }
        registers[0] = extend(result)
        return nil
    }
}

/// `__bpf_strtoull`, with the kernel's `_parse_integer` in it.
private struct NumberParser {
    let memory: CellMemory
    let text: UInt64
    let size: UInt64
    var value: UInt64 = 0
    var isNegative = false

    init(memory: CellMemory, text: UInt64, size: UInt64) {
        self.memory = memory
        self.text = text
        self.size = size
    }

    /// A byte, 0 behind the end.
    private func byte(_ index: UInt64, _ end: UInt64) -> UInt8 { index < end ? memory.load8(text &+ index) : 0 }

    private static func digit(_ byte: UInt8) -> UInt64 {
        switch byte {
        case 0x30...0x39: UInt64(byte &- 0x30)
        case 0x41...0x46, 0x61...0x66: UInt64(byte & 0x1F &+ 9)
        default: 16
        }
    }

    /// How many bytes were read, or a negative error.
    @_optimize(size) mutating func parse(flags: UInt64) -> Int64 {
        var base = flags & 0x1F
        guard flags & ~0x1F == 0, base == 0 || base == 8 || base == 10 || base == 16 else { return LinuxError.invalid }
        var index: UInt64 = 0
        while index < size {
            let character = memory.load8(text &+ index)
            guard character == 0x20 || character &- 9 < 5 || character == 0xA0 else { break }
            index &+= 1
        }
        isNegative = byte(index, size) == UInt8(ascii: "-")
        if isNegative { index &+= 1 }
        guard index < size else { return LinuxError.invalid }
        // The kernel copies at most 63 bytes of what is left, and looks at no more.
        let end = min(size, index &+ 63)
        let hasZero = byte(index, end) == UInt8(ascii: "0")
        let hasX = hasZero && byte(index &+ 1, end) | 0x20 == UInt8(ascii: "x")
        if base == 0 { base = !hasZero ? 10 : hasX && Self.digit(byte(index &+ 2, end)) < 16 ? 16 : 8 }
        if base == 16, hasX { index &+= 2 }
        let start = index
        var overflows = false
        while index < end {
            let digit = Self.digit(memory.load8(text &+ index))
            guard digit < base else { break }
            let (product, first) = value.multipliedReportingOverflow(by: base)
            let (sum, second) = product.addingReportingOverflow(digit)
            if first || second { overflows = true }
            value = sum
            index &+= 1
        }
        if overflows { return LinuxError.range }
        return index == start ? LinuxError.invalid : signed(index)
    }
}
