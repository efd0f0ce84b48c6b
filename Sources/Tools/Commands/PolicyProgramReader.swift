internal import PolicyCore

/// Which program of an object is meant.
enum ProgramSelection: Equatable, Sendable {
    /// The object has one program.
    case only
    case name(String)
    case section(String)
}

/// Where `policy explain` gets its facts.
struct ProgramReader: Sendable {
    /// The facts of one program of an object file.
    var identify: @Sendable (_ object: String, _ selection: ProgramSelection) throws -> ProgramIdentity
    /// What KVM is on this host.
    var probeKVM: @Sendable () -> Fact<HostKVM>

    /// Reads objects and the host as the engine does.
    static let ofThisHost = ProgramReader(
        identify: { object, _ in throw Failure(.internalError, object, "this build reads no objects") },
        probeKVM: { .unknown(.probeFailed("this build does not probe KVM")) })
}
