internal import Linux

/// What one verification jail may take before the broker, or the kernel, ends it. The verifier has a budget of its own
/// and keeps it; these limits hold where it does not.
package struct VerificationLimits: Equatable, Sendable {
    /// Bytes of address space, on top of what any jail takes.
    package var memory: UInt64
    /// Of time on a processor, rounded up to whole seconds.
    package var cpuMilliseconds: UInt64
    /// Of time as a clock on the wall shows it.
    package var wallMilliseconds: UInt64

    package init(memory: UInt64, cpuMilliseconds: UInt64, wallMilliseconds: UInt64) {
        self.memory = memory
        self.cpuMilliseconds = cpuMilliseconds
        self.wallMilliseconds = wallMilliseconds
    }
}

extension Jail {
    /// The largest request for a verification, and the largest answer to one.
    package static let maximumVerificationRequest = 17 << 20
    package static let maximumVerification: UInt64 = 16 << 20
    /// Address space that a jail takes before it has done anything: the executable, its libraries, its stack and heap.
    static let ownAddressSpace: UInt64 = 512 << 20

    /// Has a package verified in a jail of its own, which is not the jail that made it: whoever takes over the reader
    /// of objects has still not said anything about its programs.
    ///
    /// - Parameter request: what to verify, as the helper executable's verifier reads it.
    /// - Returns: what it says; hostile still.
    package func verify(_ request: [UInt8], limits: VerificationLimits) throws(EnclosureError) -> [UInt8] {
        switch try ask(.verify, request, limits, maximumAnswer: Self.maximumVerification) {
        case .ended(_, isLate: true): throw .verificationOutOfTime(limits)
        case .ended(let status, isLate: false): throw .verificationDied(status: status)
        case .answered(let answer):
            switch answer.kind {
            case .answer: return answer.bytes
            case .refusal: throw .verificationRefused(String(decoding: answer.bytes, as: UTF8.self))
            case .nonsense:
                throw .verificationAnswer(
                    status: answer.status, length: answer.length, limit: Self.maximumVerification)
            }
        }
    }

    /// What came of a jail that was given a request.
    enum Asked {
        case answered(Answer)
        /// As waitpid(2) gives it, and whether the time that it had was over.
        case ended(status: Int32, isLate: Bool)
    }

    /// Has a request worked on in a jail of its own, within limits.
    func ask(
        _ kind: JailMessage.Kind, _ request: [UInt8], _ limits: VerificationLimits, maximumAnswer: UInt64
    ) throws(EnclosureError) -> Asked {
        let input = try enclosing { () throws(SystemError) in
            let input = try MemoryFile(name: "request", size: UInt64(request.count))
            try input.write(request)
            try input.seal()
            return input
        }
        let size = UInt64(AdmissionJail.headerSize) + maximumAnswer
        let output = try enclosing { () throws(SystemError) in try MemoryFile(name: "answer", size: size) }
        var message = JailMessage(kind)
        message.addressSpace = Self.ownAddressSpace &+ min(limits.memory, 1 << 40)
        message.cpuSeconds = min(limits.cpuMilliseconds, 1 << 40) / 1000 + 1
        let child = try start(message, [input.descriptor.rawValue, output.descriptor.rawValue])
        let isLate = !child.isGone(within: Int32(clamping: limits.wallMilliseconds))
        if isLate { child.kill() }
        let status = try status(of: child.process)
        // The kernel ends who reaches RLIMIT_CPU by SIGXCPU at the soft limit and SIGKILL at the hard one; nobody else
        // sends a jail SIGKILL but this process and a host out of memory.
        let isOutOfTime = isLate || [9, 24].contains(status & 0x7F)
        guard !isOutOfTime, status == 0 else { return .ended(status: status, isLate: isOutOfTime) }
        return .answered(try Answer(in: output, limit: maximumAnswer))
    }
}
