internal import Linux
package import PolicyCore
package import PolicyTrust

/// Where a host's policies, and its memory of them, are.
package struct StoreConfiguration: Sendable {
    /// `trust/` and `policy/` are in it.
    package var policyDirectory = "/etc/ringfence"
    /// `state.json`, its key and what was in force are in it.
    package var stateDirectory = "/var/lib/ringfence"
    /// Versions below which nothing is taken, as whoever packaged this release says; it need not be there.
    package var minimumFloorsFile: String? = "/usr/share/ringfence/min-floors.json"
    /// Nil: what /etc/machine-id says.
    package var machine: MachineID?
    /// The tiers that this engine can run, for self-tests.
    package var eligible: TierSet
    package var clock: @Sendable () -> ClockReading
    /// Called after each step of making a policy last. What it throws is taken for the failure of the step: this is how tests let disks fill up
    /// and power fail.
    package var afterStep: @Sendable (PersistStep) throws(SystemFailure) -> Void

    package init(eligible: TierSet) {
        self.eligible = eligible
        clock = { ClockReading.host }
        afterStep = { _ throws(SystemFailure) in }
    }
}

/// The steps in which what a load accepted is made to last. At the end of each, what is remembered is never older than what is in force.
package enum PersistStep: String, CaseIterable, Sendable {
    /// The envelopes are written under names that nothing looks for.
    case envelopesWritten
    /// They have their names, by the digests of their texts, and keep them after a crash.
    case envelopesNamed
    case stateWritten
    case stateSynchronised
    case stateNamed
    case directorySynchronised
    /// The new policy decides.
    case swapped
}

/// A system call that failed while something was being kept.
package struct SystemFailure: Error, Equatable, Sendable {
    package var call: String
    package var code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    init(_ error: SystemError) { self.init(call: error.call, code: error.code) }
}

extension SystemFailure: CustomStringConvertible {
    package var description: String { "\(call): \(SystemError.text(of: code))" }
}

extension ClockReading {
    /// What this host's clocks say now.
    package static var host: ClockReading {
        let wall = UTCTime(secondsSince1970: max(0, wallClockSeconds()))
        guard let text = try? readKernelFile("/proc/sys/kernel/random/boot_id", limit: 64) else {
            return ClockReading(wall: wall)
        }
        let digits = text.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "\n") }
        guard let id = Nonce(text: String(decoding: digits, as: UTF8.self)) else { return ClockReading(wall: wall) }
        return ClockReading(wall: wall, boot: HostState.Boot(id: id, seconds: bootSeconds()))
    }
}
