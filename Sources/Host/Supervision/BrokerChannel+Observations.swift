internal import CLinux

extension BrokerChannel {
    /// A call that programs are told of.
    struct Observation {
        var ends = false
        var thread: UInt32
        var call: Int32
        var arguments: [UInt64]
        var result: Int64 = 0
        /// `struct pt_regs`, where its thread is stopped.
        var registers: [UInt64] = []
    }

    /// Tells, and waits until programs have heard, or have had time enough. To be called while the thread cannot go on.
    func tell(_ observation: Observation) {
        var message = clinux_supervised_observation()
        message.kind = CLINUX_SUPERVISED_OBSERVED
        message.ends = observation.ends ? 1 : 0
        message.thread = observation.thread
        message.call = observation.call
        message.result = observation.result
        let arguments = observation.arguments
        (message.first, message.second, message.third) = (arguments[0], arguments[1], arguments[2])
        (message.fourth, message.fifth, message.sixth) = (arguments[3], arguments[4], arguments[5])
        if identifies, let status = CallerStatus(thread: observation.thread) {
            (message.process, message.user, message.group) = (status.process, status.user, status.group)
            (message.command_0, message.command_1) = Self.words(status.name)
        }
        message.has_registers = observation.registers.isEmpty ? 0 : 1
        let trailer =
            observation.registers.flatMap { ForeignBytes.bytes($0, 8) } + (readsMemory ? Self.memory(observation) : [])
        _ = exchange(at: observation.ends ? .callReturned : .callEntered) { (number, spent, passed) in
            (message.number, message.spent, message.passed) = (number, spent, passed)
            return send(&message, trailer)
        }
    }

    /// What the call has in memory, as messages have it.
    private static func memory(_ observation: Observation) -> [UInt8] {
        let parts =
            observation.ends
            ? CallMemory.parts(
                after: observation.call, observation.arguments, result: observation.result, thread: observation.thread)
            : CallMemory.parts(of: observation.call, observation.arguments, thread: observation.thread)
        var bytes: [UInt8] = []
        for part in parts where bytes.count + 16 + part.bytes.count <= SupervisedObservation.memoryLimit {
            bytes += ForeignBytes.bytes(part.address, 8) + ForeignBytes.bytes(UInt64(part.bytes.count), 8) + part.bytes
        }
        return bytes
    }
}
