internal import ArgumentParser
internal import CommandSupport
internal import Confinement
internal import Linux
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// Whether others may look on, and where.
struct LiveOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where ringfence top and events find this command. (default: /run/ringfence, or ringfence in XDG_RUNTIME_DIR)",
            valueName: "dir"))
    var live: String?

    /// Makes the place where this command shows itself, before it is locked down.
    func board() throws(Failure) -> LiveBoard? { try LivePlace.board(in: live) }
}

/// The programs of a running command on its board.
struct LiveShow {
    private let board: LiveBoard
    private let command: String
    private let place: String
    private var programs: [LiveDescription.Program] = []
    private var packages: [[UInt8]] = []

    init(_ board: LiveBoard, command: String, place: String) {
        self.board = board
        self.command = command
        self.place = place
    }

    /// Adds a program; nil where there is no room on the board.
    mutating func add(
        _ loaded: LoadedObject, object: String, hook: String, _ sandbox: borrowing Sandbox
    ) -> LiveProgram? {
        guard var program = board.addProgram() else { return nil }
        programs.append(
            LiveDescription.Program(
                program: sandbox.permit.program.program.name, object: object, hook: hook,
                verdicts: sandbox.layout.shape.verdicts.rows.map { "\($0.name)" },
                packageBytes: loaded.packageBytes.count))
        packages.append(loaded.packageBytes)
        program.show(sandbox)
        return program
    }

    /// From here on it is found.
    func begin() throws(Failure) {
        let description = LiveDescription(
            process: currentProcess(), command: command, place: place, startedNanoseconds: monotonicNanoseconds(),
            programs: programs)
        do {
            try board.describe(try description.bytes(packages: packages))
        } catch { throw .file("the description of this command", "\(error)") }
    }
}
