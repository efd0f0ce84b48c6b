internal import CLinux

/// A system call of a supervised process that begins or ends. Whatever programs say of it, it goes on.
package struct SupervisedObservation: Sendable {
    package let number: UInt64
    /// Whether the call has ended.
    package let ends: Bool
    package let process: UInt32
    package let thread: UInt32
    package let user: UInt32
    package let group: UInt32
    package let command: [UInt8]
    /// Its number on x86-64; -1 at the end of one that has none any more (a return from a signal's handler).
    package let call: Int32
    package let arguments: [6 of UInt64]
    /// What it gave, where it has ended.
    package let result: Int64
    /// As `struct pt_regs` has them; empty where nobody stopped the thread.
    package let registers: [UInt8]
    /// What its arguments point to, as it was when the thread was stopped.
    package let memory: [(address: UInt64, bytes: [UInt8])]
    package let spentNanoseconds: UInt64?

    /// - Parameter trailer: what came behind the message.
    init?(_ message: clinux_supervised_observation, _ trailer: ArraySlice<UInt8>) {
        number = message.number
        ends = message.ends != 0
        (process, thread, user, group) = (message.process, message.thread, message.user, message.group)
        command = SupervisedCall.name(message.command_0, message.command_1)
        call = message.call
        arguments = [message.first, message.second, message.third, message.fourth, message.fifth, message.sixth]
        result = message.result
        spentNanoseconds = message.spent == 0 ? nil : message.spent
        let registersSize = message.has_registers == 0 ? 0 : Self.registersSize
        guard trailer.count >= registersSize else { return nil }
        registers = Array(trailer.prefix(registersSize))
        var rest = Array(trailer.dropFirst(registersSize))[...]
        var memory: [(address: UInt64, bytes: [UInt8])] = []
        while !rest.isEmpty {
            guard rest.count >= 16 else { return nil }
            let head = Array(rest.prefix(16))
            let size = ForeignBytes.word(head, 8)
            rest = rest.dropFirst(16)
            guard size <= UInt64(rest.count) else { return nil }
            memory.append((ForeignBytes.word(head, 0), Array(rest.prefix(Int(size)))))
            rest = rest.dropFirst(Int(size))
        }
        self.memory = memory
    }

    static let registersSize = 168

    /// More than the supervisor sends.
    static let capacity = MemoryLayout<clinux_supervised_observation>.size + registersSize + memoryLimit

    /// Bytes of memory, with what says where they lie, that go with one call.
    static let memoryLimit = 24 << 10
}
