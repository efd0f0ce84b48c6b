import Bytecode
import BytecodeText
import CellImage
import Channel
import Enclosure
import Linux
import Maps

/// A program region made for a test, sealed as the sandbox seals it.
package func programFile(
    _ code: [Instruction], image: [UInt8] = CellImage.bytes, maps: [MapDescriptor] = [], boot: BootRecord,
    code native: consuming MemoryFile? = nil
) throws -> CellProgramFile {
    try programFile(
        code, image: try MemoryFile.sealed(name: "image", image), maps: maps, boot: boot, code: native)
}

/// The same with an image's file.
package func programFile(
    _ code: [Instruction], image: consuming MemoryFile, maps: [MapDescriptor], boot: BootRecord,
    code native: consuming MemoryFile?
) throws -> CellProgramFile {
    let size = try ProgramRegion.size(
        instructions: code.count, maps: maps.count, descriptorSize: Int(MapDescriptor.size))
    let region = try MemoryFile(name: "program", size: size)
    let written = try writeProgram(code, maps, boot, to: region, size: size)
    try region.seal()
    return CellProgramFile(
        image: image, program: region, size: size, boot: written, code: native)
}

private func writeProgram(
    _ code: [Instruction], _ maps: [MapDescriptor], _ boot: BootRecord, to region: borrowing MemoryFile, size: UInt64
) throws -> BootRecord {
    let window = try Window(size: AddressMap.windowSize)
    try window.map(region.descriptor, at: AddressMap.program, size: size, writable: true)
    let memory = CellMemory(unsafeBase: UInt(window.base))
    return ProgramRegion.write(
        code, mapCount: maps.count, descriptorSize: Int(MapDescriptor.size), boot: boot, to: memory
    ) { address in
        for (index, descriptor) in maps.enumerated() {
            descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
        }
    }
}

/// The instructions of a program in the assembler's text.
package func assembled(_ text: String) throws -> [Instruction] {
    try Instruction.decode(try Assembler().assemble(text + "\n"))
}
