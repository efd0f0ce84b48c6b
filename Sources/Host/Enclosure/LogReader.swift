internal import Channel

/// Reads what a program printed. The text is hostile: bounded, escaped, counted.
package struct LogReader: ~Copyable {
    private let memory: CellMemory
    private let geometry: ChannelGeometry
    private var next: UInt32

    init(memory: CellMemory, boot: BootRecord) {
        self.memory = memory
        geometry = boot.geometry
        next = boot.initialSequence &+ 1
        memory.storeRelease32(HostWords.logConsumed, boot.initialSequence)
    }

    /// Takes the next line, printable, or nil where there is none yet. The room goes back to the cell at once.
    package mutating func poll() throws(ChannelError) -> String? {
        let record = geometry.log(next)
        let sequence = memory.loadAcquire32(record + LogRecord.sequence)
        guard sequence == next else {
            guard next &- sequence <= geometry.logCount else { throw .logSequence(got: sequence, expected: next) }
            return nil
        }
        let length = memory.loadRelaxed32(record + LogRecord.length)
        guard UInt64(length) <= LogRecord.textCapacity else {
            throw .logLength(got: length, limit: UInt32(LogRecord.textCapacity))
        }
        var text: [UInt8] = []
        for offset in 0..<UInt64(length) { text.append(memory.load8(record + LogRecord.text + offset)) }
        memory.storeRelease32(HostWords.logConsumed, next)
        next &+= 1
        return Self.printable(text)
    }

    /// How many lines the cell says it had no room for: its claim, no more.
    package var claimedDrops: UInt32 { memory.loadRelaxed32(CellWords.logDropped) }

    /// Printable ASCII as it is, everything else as `\\xNN`, so that no terminal can be driven; one line break at the end goes.
    static func printable(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes.last == 0x0A ? bytes.dropLast() : bytes[...] {
            switch byte {
            case UInt8(ascii: "\\"): text += Array("\\\\".utf8)
            case 0x20...0x7E: text.append(byte)
            case let other: text += Array("\\x".utf8) + [digits[Int(other >> 4)], digits[Int(other & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
