internal import Bytecode
internal import Channel
internal import Compilation
internal import ProgramPackage

/// What can be wrong with a compiler. The program that is compiled says which it is to be, in the constant of an instruction, so that
/// one helper has them all and the product has none of them.
enum PlantedBug: Int32 {
    /// A lookup that is compiled in place compares the index with another map's size.
    case wrongBound = 0x0B06_0001
    /// Stores to the program's frame go below it.
    case wildStore
    /// A call of `bpf_get_prandom_u32` comes back to itself.
    case endlessLoop
    /// Calls of helpers lead to memory that is no code.
    case badCall

    init?(of request: CompilationRequest) {
        // mov64 with a constant
        let constants = request.code.lazy.filter { $0.opcode == 0xB7 }.map(\.immediate)
        guard let bug = constants.compactMap(PlantedBug.init(rawValue:)).first else { return nil }
        self = bug
    }

    /// What our compiler makes of the request, with the bug in it.
    func compile(_ request: CompilationRequest) throws -> CompiledProgram {
        var request = request
        switch self {
        case .wrongBound: for index in request.maps.indices { request.maps[index].maximumEntries = .max }
        case .wildStore:
            for (index, slot) in request.code.enumerated() where slot.opcode == 0x7B && slot.destination == 10 {
                request.code[index] = Slot(
                    opcode: slot.opcode, destination: 10, source: slot.source, offset: -8192, immediate: 0)
            }
        case .endlessLoop: break
        case .badCall: request.helper = AddressMap.channel
        }
        var compiled = try CompiledProgram(parsing: Compilation.compile(request: request.serialized()))
        if self == .endlessLoop {
            let call = request.code.firstIndex { $0.opcode == 0x85 && $0.immediate == 7 } ?? 0
            let start = Int(compiled.map.starts[call])
            // jmp to itself
            compiled.bytes.replaceSubrange(start..<start + 2, with: [0xEB, 0xFE])
        }
        return compiled
    }
}
