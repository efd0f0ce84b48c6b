internal import Channel

/// ``ExecutionMode``, once for each of whose cases the handlers are compiled. A type of this module, so that the compiler sees through
/// it on the host too, and of ``ProgramRunner/step(_:_:_:_:)`` leaves what its case needs.
enum Mode: UInt32 {
    case checked = 0
    case metered = 1
    case verified = 2

    init(_ mode: ExecutionMode) {
        switch mode {
        case .checked: self = .checked
        case .metered: self = .metered
        case .verified: self = .verified
        }
    }

    /// - Parameter word: what the handlers in C call the mode.
    @inline(__always) init(word: UInt32) { self = Mode(rawValue: word) ?? .checked }

    /// Whether addresses are looked at before they are used.
    @inline(__always) var checksAccesses: Bool { self == .checked }
    /// Whether fuel is looked at before control goes elsewhere than to the next instruction.
    @inline(__always) var countsFuel: Bool { self != .verified }
    /// Whether no instruction may begin without fuel; otherwise a straight run may be finished.
    @inline(__always) var isExact: Bool { self == .checked }
}
