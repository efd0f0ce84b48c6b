internal import Bytecode
internal import BytecodeText
internal import CellImage
internal import Channel
internal import Enclosure
internal import Execution
internal import Linux
internal import ProgramPackage
internal import Virtualization

/// One program as every enclosure of these benchmarks runs it: assembled, decoded, with its boot record.
struct CellFixture {
    let code: [Instruction]
    /// What is proven of each instruction, where code is compiled by it.
    var facts: [InstructionFacts] = []
    let geometry: ChannelGeometry
    let boot: BootRecord
    let programSize: UInt64

    /// - Parameter fuel: instructions that one event may cost.
    init(
        _ assembly: String, mode: ExecutionMode = .checked, fuel: UInt64 = 1 << 40, payloadCapacity: Int = 3584
    ) throws {
        code = try Instruction.decode(Assembler().assemble(assembly))
        // As a sandbox shapes its channels: 32 slots, 256 lines of log.
        let slotSizeShift: UInt32 = payloadCapacity > 3584 ? 18 : 12
        geometry = try ChannelGeometry(slotCountShift: 5, slotSizeShift: slotSizeShift, logCountShift: 8)
        var boot = BootRecord(geometry: geometry, entryConvention: .buffer, helperProfile: .linux)
        boot.fuel = fuel
        boot.executionMode = mode
        boot.spinBudget = 1000
        boot.randomSeed = 1
        programSize = try ProgramRegion.size(instructions: code.count, maps: 0, descriptorSize: 0)
        self.boot = boot
    }

    /// The sealed files from which cells are made.
    func file() throws -> CellProgramFile {
        let region = try MemoryFile(name: "program", size: programSize)
        let window = try Window(size: AddressMap.windowSize)
        try window.map(region.descriptor, at: AddressMap.program, size: programSize, writable: true)
        // SAFETY: the window maps the program region, and nothing else is touched through it.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        let written = ProgramRegion.write(code, mapCount: 0, descriptorSize: 0, boot: boot, to: memory) { _ in }
        let image = try MemoryFile.sealed(name: "image", CellImage.bytes)
        return CellProgramFile(image: image, program: region, size: programSize, boot: written)
    }

    /// The page of maps that every cell has, though none of these programs uses a map.
    static func maps() throws -> MemoryFile {
        let file = try MemoryFile(name: "maps", size: AddressMap.pageSize)
        try file.sealSize()
        return file
    }

    /// `r0 = 2; exit`: what an event costs when its program costs nothing.
    static let tiny = "r0 = 2\nexit"
}

/// What a benchmark found that a benchmark cannot go on with.
enum FixtureError: Error {
    case unexpectedVerdict(Enclosure.Verdict, expected: UInt64)
    case noHypervisor
    case refused(String)
}

extension Cell {
    /// Sends one event through the cell and checks what comes back.
    mutating func roundTrip(payload: UnsafeRawBufferPointer, expecting expected: UInt64) throws {
        // SAFETY: the context is empty; the payload is the caller's.
        unsafe ring.submit(
            context: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload, lane: 0, time: 0)
        notify()
        let verdict = try awaitVerdict()
        guard verdict.ending == .returned(expected) else {
            throw FixtureError.unexpectedVerdict(verdict, expected: expected)
        }
    }

    /// The same without a payload.
    mutating func roundTrip(expecting expected: UInt64 = 2) throws {
        // SAFETY: an empty buffer has no memory.
        unsafe try roundTrip(payload: UnsafeRawBufferPointer(start: nil, count: 0), expecting: expected)
    }
}
