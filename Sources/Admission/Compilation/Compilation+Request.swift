internal import Bytecode
internal import ProgramPackage

extension Compilation {
    /// Does what a request asks for, from bytes to bytes, as if the maker of the request were hostile.
    package static func compile(request bytes: [UInt8]) throws -> [UInt8] {
        let request = try CompilationRequest(parsing: bytes)
        let program = Program(
            code: try Instruction.decode(request.code, limit: PackageLimits.slotsPerSet), entries: request.programs,
            maps: request.maps.map {
                MapShape(type: $0.type, valueSize: $0.valueSize, maximumEntries: $0.maximumEntries, flags: $0.flags)
            },
            facts: request.facts)
        let options = Options(countsFuel: request.countsFuel, blindingSeed: request.blindingSeed)
        let target = Target(codeStart: request.codeStart, helper: request.helper, fault: request.fault)
        return try x86(program, options, for: target).serialized()
    }
}
