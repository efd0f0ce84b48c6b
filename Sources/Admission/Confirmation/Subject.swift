package import Bytecode
package import ProgramPackage
package import Prototypes

/// A program with all that its runs need to know of it.
package struct Subject: Sendable {
    package enum SubjectError: Error, Equatable, Sendable {
        case undecodable(DecodeError)
        case tooLong(instructions: Int)
        case tooManyMaps(Int)
        case noSuchMap(Int)
    }

    /// Instructions that the arena has room for, maps that there are descriptors for.
    static let mostInstructions = Int(Arena.codeCapacity) / 16
    static let mostMaps = 256

    package let code: [Instruction]
    package let maps: [MapDefinition]
    package let descriptor: ProgramDescriptor
    /// Of each map, whether the code has the address of its only value.
    let namesValue: [Bool]
    /// The table of helpers; Linux's, but for tests.
    let prototype: @Sendable (UInt32) -> HelperPrototype?

    /// The row of a helper with the arguments that programs of this type pass.
    func row(_ id: UInt32) -> HelperPrototype? {
        guard var row = prototype(id) else { return nil }
        row.arguments = row.arguments(in: descriptor)
        return row
    }

    package init(
        code: [Slot], maps: [MapDefinition], descriptor: ProgramDescriptor,
        prototype: @escaping @Sendable (UInt32) -> HelperPrototype? = { HelperPrototype.row($0) }
    ) throws(SubjectError) {
        let instructions: [Instruction]
        do throws(DecodeError) { instructions = try Instruction.decode(code) } catch { throw .undecodable(error) }
        try self.init(instructions: instructions, maps: maps, descriptor: descriptor, prototype: prototype)
    }

    /// - Parameter instructions: as ``Decoder`` makes them, whole and in order.
    package init(
        instructions: [Instruction], maps: [MapDefinition], descriptor: ProgramDescriptor,
        prototype: @escaping @Sendable (UInt32) -> HelperPrototype? = { HelperPrototype.row($0) }
    ) throws(SubjectError) {
        guard instructions.count <= Self.mostInstructions else { throw .tooLong(instructions: instructions.count) }
        guard maps.count <= Self.mostMaps else { throw .tooManyMaps(maps.count) }
        code = instructions
        self.maps = maps
        self.descriptor = descriptor
        self.prototype = prototype
        var namesValue = [Bool](repeating: false, count: maps.count)
        for instruction in instructions {
            let index = Int(instruction.immediate & 0xFFFF_FFFF)
            let operation = instruction.operation
            let namesMap = operation == .loadMapByFD || operation == .loadMapByIndex
            let namesItsValue = operation == .loadMapValueByFD || operation == .loadMapValueByIndex
            guard namesMap || namesItsValue else { continue }
            guard index < maps.count else { throw .noSuchMap(index) }
            if namesItsValue { namesValue[index] = true }
        }
        self.namesValue = namesValue
    }
}
