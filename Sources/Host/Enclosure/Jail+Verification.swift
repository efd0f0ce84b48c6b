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
        let input = try enclosing { () throws(SystemError) in
            let input = try MemoryFile(name: "request", size: UInt64(request.count))
            try input.write(request)
            try input.seal()
            return input
        }
        let size = UInt64(AdmissionJail.headerSize) + Self.maximumVerification
        let output = try enclosing { () throws(SystemError) in try MemoryFile(name: "verification", size: size) }
        var message = JailMessage(.verify)
        message.addressSpace = Self.ownAddressSpace &+ min(limits.memory, 1 << 40)
        message.cpuSeconds = min(limits.cpuMilliseconds, 1 << 40) / 1000 + 1
        let child = try start(message, [input.descriptor.rawValue, output.descriptor.rawValue])
        let isLate = !child.isGone(within: Int32(clamping: limits.wallMilliseconds))
        if isLate { child.kill() }
        let status = try status(of: child.process)
        // The kernel ends who reaches RLIMIT_CPU by SIGXCPU at the soft limit and SIGKILL at the hard one; nobody else
        // sends a jail SIGKILL but this process and a host out of memory.
        guard !isLate, ![9, 24].contains(status & 0x7F) else { throw .verificationOutOfTime(limits) }
        guard status == 0 else { throw .verificationDied(status: status) }
        let answer = try Answer(in: output, limit: Self.maximumVerification)
        switch answer.kind {
        case .answer: return answer.bytes
        case .refusal: throw .verificationRefused(String(decoding: answer.bytes, as: UTF8.self))
        case .nonsense:
            throw .verificationAnswer(
                status: answer.status, length: answer.length, limit: Self.maximumVerification)
        }
    }
}
