internal import ArgumentParser
internal import PolicyCore

/// Which program of an object is meant, and what it is a program of.
struct ChosenProgram: ParsableArguments {
    @Option(help: "The program in this ELF section.")
    var section: String?

    @Option(help: "The program of this name.")
    var program: String?

    @Option(
        help: ArgumentHelp(
            "What it is a program of, where its section does not say so: xdp, sched_cls, socket_filter, … It is verified as that, and policy decides about that.",
            valueName: "type"), transform: Self.parseType)
    var type: ProgramType?

    func validate() throws {
        guard program == nil || section == nil else { throw ValidationError("give --program or --section, not both") }
    }

    private static func parseType(_ name: String) throws -> ProgramType {
        guard let type = ProgramType(rawValue: name) else {
            let types = ProgramType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("no such program type: \(name); write one of \(types)")
        }
        return type
    }
}
