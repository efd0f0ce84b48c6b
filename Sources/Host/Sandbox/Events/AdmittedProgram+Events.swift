internal import Bytecode
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes

extension AdmittedProgram {
    /// The events that the program takes.
    package func eventLayout() throws(SandboxError) -> EventLayout {
        let row = ProgramDescriptor.ofProgram(section: program.section, type: identity.type.value?.rawValue)
        // Policy decided about a program of this type, and nothing else.
        guard let row, "\(row.name)" == identity.type.value?.rawValue,
            let layout = EventLayout(row, section: program.section)
        else { throw .unsupportedSection(program: program.name, section: program.section) }
        return layout
    }

    /// Refuses a proven program that calls a helper which no cell has: a proof says that the call is a legal one, and not that there is
    /// anything to be called. What is not proven finds out when it gets there.
    func checkHelpers() throws(SandboxError) {
        guard execution != .checked else { return }
        let unreached = verification?.unreached ?? []
        var missing: [String] = []
        for (index, instruction) in code.enumerated() where instruction.operation == .callHelper {
            let id = UInt32(truncatingIfNeeded: instruction.immediate)
            guard Helper(rawValue: id) == nil, !unreached.contains(where: { $0.contains(index) }) else { continue }
            let name = HelperPrototype.row(id).map { "\($0.name)" } ?? "helper \(id)"
            if !missing.contains(name) { missing.append(name) }
        }
        guard missing.isEmpty else { throw .helpersNotOffered(program: program.name, helpers: missing) }
    }
}

extension EventLayout {
    /// The sections whose programs take events, as libbpf writes them.
    package static let sections: [String] = ProgramDescriptor.all.filter { $0.events != nil }.flatMap { row in
        row.sections.map { "\($0)" }
    }
}
