internal import PolicyCore

/// Where `policy explain` gets its facts.
struct ProgramReader: Sendable {
    struct Member: Sendable {
        var name: String
        var identity: ProgramIdentity
    }

    /// The facts of one program of an object file, then those of the programs in which it may go on.
    var identify:
        @Sendable (_ object: String, _ selection: ChosenProgram, _ environment: DeclaredEnvironment) throws -> [Member]
    /// What policy may ask of this host.
    var probeHost: @Sendable () -> Facts
    /// Whether a cell can be a child on this host.
    var probeChild: @Sendable () -> EnclosureState
}
