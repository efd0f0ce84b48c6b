internal import PolicyCore

/// Where the operations run.
enum Place: String, CaseIterable, Codable {
    case jitGuest = "jit-guest"
    case jitChild = "jit-child"
    /// For the record: no target is set for it.
    case interpGuest = "interp-guest"
    /// The running kernel, through BPF_PROG_TEST_RUN.
    case kernel

    var tier: Tier? {
        switch self {
        case .jitGuest: .jitGuest
        case .jitChild: .jitChild
        case .interpGuest: .interpGuest
        case .kernel: nil
        }
    }
}

/// One program in one place, its maps filled, ready for events.
protocol Lane: AnyObject {
    /// The process of the cell, where there is one.
    var process: Int32? { get }
    /// Runs events until every element is likely to have been touched: what is new to a guest costs a fault.
    func warm(events: Int) throws
    /// Nanoseconds of one event, the average of several; what they left in a ring is taken out afterwards.
    func sample(events: Int) throws -> Double
}

/// What keeps a program out of a place, or a benchmark from going on.
enum OperationsError: Error, CustomStringConvertible {
    /// The place is not here, on this host or for this user.
    case notAvailable(String)
    /// Why a program cannot be measured where it should be.
    case unexpected(String)

    var description: String {
        switch self {
        case .notAvailable(let reason): "not available: \(reason)"
        case .unexpected(let what): what
        }
    }
}

/// What every program returns whose operations all succeeded (XDP_PASS).
let successfulResult: UInt64 = 2

/// The packet of every event; no program looks at it.
let eventPacket = [UInt8](repeating: 0, count: 64)
