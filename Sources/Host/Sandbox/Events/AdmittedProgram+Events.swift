internal import Bytecode
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes

extension AdmittedProgram {
    /// The events that the program takes.
    package func eventLayout() throws(SandboxError) -> EventLayout {
        let row = row(of: members[0])
        // Policy decided about a program of this type, and nothing else.
        guard let row, "\(row.name)" == identity.type.value?.rawValue,
            let layout = EventLayout(row, section: program.section)
        else { throw .unsupportedSection(program: program.name, section: program.section) }
        // What another program of the set was proven for is the context of its own row.
        for member in members.dropFirst() {
            let other = self.row(of: member)
            guard other?.linuxType == row.linuxType, other?.attachType == row.attachType else {
                throw .typesDiffer(
                    program: program.name, section: program.section, other: member.program.name,
                    otherSection: member.program.section)
            }
        }
        return layout
    }

    private func row(of member: Member) -> ProgramDescriptor? { Self.row(of: member, isTypeGiven: isTypeGiven) }

    static func row(of member: Member, isTypeGiven: Bool) -> ProgramDescriptor? {
        let type = member.identity.type.value?.rawValue
        return isTypeGiven
            ? ProgramDescriptor.all.first { "\($0.name)" == type }
            : ProgramDescriptor.ofProgram(section: member.program.section, type: type)
    }

    /// Refuses a proven program that calls a helper which no cell has: a proof says that the call is a legal one, and not that there is
    /// anything to be called. What is not proven finds out when it gets there.
    func checkHelpers() throws(SandboxError) {
        guard execution != .checked else { return }
        var missing: [MissingHelper] = []
        for (index, instruction) in code.enumerated() where instruction.operation == .callHelper {
            let id = UInt32(truncatingIfNeeded: instruction.immediate)
            let isUnreached = !instructionFacts.isEmpty && instructionFacts[index].contains(.isUnreached)
            guard Helper(rawValue: id) == nil, !isUnreached else { continue }
            let name = HelperPrototype.row(id).map { "\($0.name)" } ?? "helper \(id)"
            let helper = MissingHelper(name: name, reason: HelperPrototype.refusal(id).map { "\($0.reason)" })
            if !missing.contains(helper) { missing.append(helper) }
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
