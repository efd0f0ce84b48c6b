internal import Bytecode
internal import CellImage
internal import Channel
internal import Enclosure
internal import Linux

/// One execution in a child, of `native` code where there is some: a spawner, a cell and a channel of its own, as a sandbox has them.
func runInChild(_ code: [Instruction], _ boot: BootRecord, _ native: [UInt8], _ payload: [UInt8]) throws -> UInt64 {
    let size = try ProgramRegion.size(instructions: code.count, maps: 0, descriptorSize: 0)
    let region = try MemoryFile(name: "program", size: size)
    let written = try write(code, boot, to: region, size: size)
    try region.seal()
    let file = CellProgramFile(
        image: try MemoryFile.sealed(name: "image", CellImage.bytes), program: region, size: size, boot: written,
        code: native.isEmpty ? nil : try MemoryFile.sealed(name: "code", native))
    let maps = try MemoryFile(name: "maps", size: AddressMap.pageSize)
    let jail = try Jail(for: .child, ready: .none)
    var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
    defer { cell.end() }
    try cell.waitUntilRunning()
    // SAFETY: the bytes live through the call; the caller saw that they fit a slot.
    unsafe payload.withUnsafeBytes {
        unsafe cell.ring.submit(context: UnsafeRawBufferPointer(start: nil, count: 0), payload: $0, lane: 0, time: 0)
    }
    cell.notify()
    return try result(of: try cell.awaitVerdict())
}

/// Writes the program region through a mapping that is gone afterwards, so that the region can be sealed.
private func write(
    _ code: [Instruction], _ boot: BootRecord, to region: borrowing MemoryFile, size: UInt64
) throws -> BootRecord {
    let window = try Window(size: AddressMap.windowSize)
    try window.map(region.descriptor, at: AddressMap.program, size: size, writable: true)
    // SAFETY: the window maps the whole program region, and nothing else is touched through it.
    let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
    return ProgramRegion.write(code, mapCount: 0, descriptorSize: 0, boot: boot, to: memory) { _ in }
}
