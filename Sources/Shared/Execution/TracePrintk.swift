internal import Channel

/// `bpf_trace_printk`: formats into the next log record. Bounded by the record, never waits; what does not fit the ring is counted.
extension ProgramRunner {
    mutating func tracePrintk(_ registers: inout [16 of UInt64]) -> FaultKind? {
        printLine(&registers, .registers(registers[3], registers[4], registers[5]))
    }

    /// `bpf_trace_vprintk`: the same with its arguments in an array.
    mutating func traceVprintk(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let (words, bytes) = (registers[3], registers[4] & 0xFFFF_FFFF)
        guard mayRead(words, count: bytes) else { return refuse(words) }
        guard Self.isSoundArray(words, bytes) else {
            registers[0] = extend(LinuxError.invalid)
            return nil
        }
        return printLine(&registers, .words(at: words, count: bytes / 8))
    }

    private mutating func printLine(
        _ registers: inout [16 of UInt64], _ arguments: FormatArguments
    ) -> FaultKind? {
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
        let record = boot.geometry.log(sequence)
        var line = TextSink(
            memory: memory, start: record &+ LogRecord.text, capacity: LogRecord.textCapacity, countsAll: false)
        switch write(format, size, arguments, to: &line) {
        case .written:
            logHead = sequence
            memory.storeRelaxed32(record &+ LogRecord.length, low(line.length))
            memory.storeRelease32(record &+ LogRecord.sequence, sequence)
            registers[0] = line.length
        case .malformed: registers[0] = extend(LinuxError.invalid)
        case .unreadable(let address): return refuse(address)
        }
        return nil
    }
}
