internal import Enclosure

/// Where a program runs.
enum Place: String, CaseIterable, Codable {
    case interpGuest = "interp-guest"
    case jitGuest = "jit-guest"
    case interpChild = "interp-child"
    case jitChild = "jit-child"
    /// Our interpreter, called as a function of this process: no fence.
    case inProcess = "in-process"
    /// The running kernel's own compiler and verifier, through BPF_PROG_TEST_RUN.
    case kernel

    var enclosure: EnclosureKind? {
        switch self {
        case .interpGuest, .jitGuest: .guest
        case .interpChild, .jitChild: .child
        case .inProcess, .kernel: nil
        }
    }

    var isNative: Bool {
        switch self {
        case .jitGuest, .jitChild, .kernel: true
        case .interpGuest, .interpChild, .inProcess: false
        }
    }
}

/// A subject in a place, ready for events. Each answer is checked against what the others gave.
protocol Lane: AnyObject {
    /// The process of the cell, where there is one.
    var process: Int32? { get }
    /// Private memory that the place takes, in bytes, where it can be told.
    var memory: UInt64? { get }
    /// Sends events one after the other, each when the verdict on the one before is there; the nanoseconds of each.
    func single(_ count: Int) throws -> [Double]
    /// Sends as many with as many in flight as there is room for; the nanoseconds of one, on average.
    func batched(_ count: Int) throws -> Double
}

/// What keeps a subject out of a place, or a benchmark from going on.
enum IsolationError: Error, CustomStringConvertible {
    /// The place is not here, on this host or for this user.
    case notAvailable(String)
    /// The kernel's verifier, in its own words.
    case notAccepted(String)
    case unexpected(String)

    var description: String {
        switch self {
        case .notAvailable(let reason): "not available: \(reason)"
        case .notAccepted(let reason): "not accepted: \(reason)"
        case .unexpected(let what): what
        }
    }
}
