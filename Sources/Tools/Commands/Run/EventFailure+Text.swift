internal import BytecodeText
internal import Channel
internal import Enclosure
internal import ProgramPackage
internal import Sandbox

extension Sandbox.EventFailure {
    /// What happened, where, and in which line of the source.
    func sentence(in program: AdmittedProgram) -> String {
        switch self {
        case .program(let fault):
            return "\(fault.sentence)\(Self.place(Int(fault.instruction), in: program))"
        case .cell(let failure, let index):
            let place = index.map { Self.place($0, in: program) } ?? ""
            return "the cell was replaced: \(failure)\(place)"
        }
    }

    private static func place(_ index: Int, in program: AdmittedProgram) -> String {
        let (member, instruction) = program.place(of: index)
        let name = program.members.count > 1 ? " of \(member.program.name)" : ""
        let place = " at instruction \(instruction)\(name)"
        guard let line = SourceMap(of: member.program).place(of: instruction) else { return place }
        return "\(place) (\(line.file):\(line.line): \(line.text))"
    }
}

extension ProgramFault {
    fileprivate var sentence: String {
        let address = "0x" + String(address, radix: 16)
        return switch kind {
        case .outOfBoundsRead: "read of \(accessSize) bytes at \(address), which is not the program's to read"
        case .outOfBoundsWrite: "write of \(accessSize) bytes at \(address), which is not the program's to write"
        case .misalignedAtomic: "atomic operation on \(accessSize) bytes at \(address), which is not aligned"
        case .callDepthExceeded: "more than 8 nested calls"
        case .fuelExhausted: "out of fuel"
        case .unknownHelper: "call of helper \(self.address), which is not offered"
        case .invalidHelperArgument: "helper argument \(address) is not what it must be"
        case .invalidInstruction: "an instruction that cannot be executed"
        case .corruptMap: "the memory of a map is corrupt"
        }
    }
}
