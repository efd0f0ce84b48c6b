internal import Channel

/// `bpf_trace_printk`: formats into the next log record. Bounded by the record, never waits; what does not fit the ring is counted.
extension ProgramRunner {
    private static let invalidArgument: Int64 = -22  // -EINVAL

    mutating func tracePrintk(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let format = registers[1]
        let size = registers[2]
        guard mayRead(format, count: size) else { return refuse(format) }
        let consumed = memory.loadAcquire32(HostWords.logConsumed)
        guard logHead &- consumed < boot.geometry.logCount else {
            logDropped &+= 1
            memory.storeRelaxed32(CellWords.logDropped, logDropped)
            registers[0] = 0
            return nil
        }
        let sequence = logHead &+ 1
        var line = LogLine(memory: memory, record: boot.geometry.log(sequence))
        switch write(format, size, registers[3], registers[4], registers[5], to: &line) {
        case .written:
            logHead = sequence
            line.publish(sequence)
            registers[0] = UInt64(line.length)
        case .malformed: registers[0] = extend(Self.invalidArgument)
        case .unreadable(let address): return refuse(address)
        }
        return nil
    }

    private enum FormatResult {
        case written, malformed
        case unreadable(UInt64)
    }

    /// The conversions that Linux's own helper has (kernel/trace/bpf_trace.c): d i u x p c s, with l and ll, and `%%`.
    private mutating func write(
        _ format: UInt64, _ size: UInt64, _ first: UInt64, _ second: UInt64, _ third: UInt64, to line: inout LogLine
    ) -> FormatResult {
        var position: UInt64 = 0
        var used = 0
        while position < size {
            let character = memory.load8(format &+ position)
            position &+= 1
            if character == 0 { break }
            guard character == UInt8(ascii: "%") else {
                line.append(character)
                continue
            }
            var isWide = false
            var conversion: UInt8 = 0
            while position < size {
                conversion = memory.load8(format &+ position)
                position &+= 1
                guard conversion == UInt8(ascii: "l") else { break }
                isWide = true
            }
            if conversion == UInt8(ascii: "%") {
                line.append(conversion)
                continue
            }
            guard used < 3 else { return .malformed }
            let argument = used == 0 ? first : used == 1 ? second : third
            used &+= 1
            let number = isWide ? argument : argument & 0xFFFF_FFFF
            switch conversion {
            case UInt8(ascii: "d"), UInt8(ascii: "i"):
                line.append(signed: isWide ? signed(argument) : Int64(signed(low(argument))))
            case UInt8(ascii: "u"): line.append(number, radix: 10)
            case UInt8(ascii: "x"): line.append(number, radix: 16)
            case UInt8(ascii: "p"):
                line.append(UInt8(ascii: "0"))
                line.append(UInt8(ascii: "x"))
                line.append(argument, radix: 16)
            case UInt8(ascii: "c"): line.append(UInt8(truncatingIfNeeded: argument))
            case UInt8(ascii: "s"):
                guard appendString(argument, to: &line) else { return .unreadable(argument) }
            default: return .malformed
            }
        }
        return .written
    }

    /// Appends bytes up to a zero byte or the end of the line; every byte must be the program's to read, in every mode: to the
    /// verifier, what `%s` prints is a number.
    private mutating func appendString(_ start: UInt64, to line: inout LogLine) -> Bool {
        var address = start
        while line.hasRoom {
            guard regions.mayRead(address, 1) else { return false }
            let character = memory.load8(address)
            if character == 0 { return true }
            line.append(character)
            address &+= 1
        }
        return true
    }
}

/// The record being written.
private struct LogLine {
    let memory: CellMemory
    let record: UInt64
    private(set) var length: UInt32 = 0

    init(memory: CellMemory, record: UInt64) {
        self.memory = memory
        self.record = record
    }

    var hasRoom: Bool { UInt64(length) < LogRecord.textCapacity }

    mutating func append(_ character: UInt8) {
        guard hasRoom else { return }
        memory.store8(record &+ LogRecord.text &+ UInt64(length), character)
        length &+= 1
    }

    mutating func append(signed value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(value.magnitude, radix: 10)
    }

    mutating func append(_ value: UInt64, radix: UInt64) {
        var divisor: UInt64 = 1
        while value / divisor >= radix { divisor &*= radix }
        while divisor > 0 {
            let digit = UInt8(truncatingIfNeeded: value / divisor % radix)
            append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
            divisor /= radix
        }
    }

    func publish(_ sequence: UInt32) {
        memory.storeRelaxed32(record &+ LogRecord.length, length)
        memory.storeRelease32(record &+ LogRecord.sequence, sequence)
    }
}
