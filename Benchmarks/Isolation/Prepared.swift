internal import Bytecode
internal import CellImage
internal import Channel
internal import Compilation
internal import Enclosure
internal import Linux
internal import Maps
internal import ProgramPackage
internal import Virtualization

/// A subject as a sandbox prepares it: decoded, with its maps, its program region and, where it is to be native, its machine code.
struct Prepared: ~Copyable {
    let code: [Instruction]
    let maps: MapMemory
    let programSize: UInt64
    var channelSize: UInt64 { boot.geometry.size }
    private let boot: BootRecord
    private let shapes: [Compilation.MapShape]

    init(_ subject: Subject, counts: Bool = false) throws {
        let code = try Instruction.decode(subject.code)
        let maps = try MapMemory(subject.maps)
        let shapes = subject.maps.map {
            Compilation.MapShape(
                type: $0.type, valueSize: $0.valueSize, maximumEntries: $0.maximumEntries,
                flags: $0.programFlags)
        }
        let programSize = try ProgramRegion.size(
            instructions: code.count, maps: subject.maps.count, descriptorSize: Int(MapDescriptor.size))
        // As a sandbox shapes its channels: 32 slots, 256 lines of log.
        let geometry = try ChannelGeometry(slotCountShift: 5, slotSizeShift: 12, logCountShift: 8)
        var boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
        boot.fuel = 1 << 40
        boot.executionMode = counts ? .metered : .verified
        boot.spinBudget = 1000
        boot.randomSeed = 1
        self.code = code
        self.maps = maps
        self.shapes = shapes
        self.programSize = programSize
        self.boot = boot
    }

    /// Writes the program region through memory that maps it.
    func write(to memory: CellMemory, isNative: Bool = false) -> BootRecord {
        var boot = boot
        if isNative { boot.nativeEntry = AddressMap.code }
        let descriptors = maps.descriptors
        return ProgramRegion.write(
            code, mapCount: descriptors.count, descriptorSize: Int(MapDescriptor.size), boot: boot, to: memory
        ) { address in
            for (index, descriptor) in descriptors.enumerated() {
                descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
            }
        }
    }

    /// The sealed files from which a cell is made.
    func file(isNative: Bool) throws -> CellProgramFile {
        let region = try MemoryFile(name: "program", size: programSize)
        let written = try write(into: region, isNative: isNative)
        try region.seal()
        let image = try MemoryFile.sealed(name: "image", CellImage.bytes)
        guard isNative else { return CellProgramFile(image: image, program: region, size: programSize, boot: written) }
        let compiled = try MemoryFile.sealed(name: "code", compile())
        return CellProgramFile(image: image, program: region, size: programSize, boot: written, code: compiled)
    }

    private func write(into region: borrowing MemoryFile, isNative: Bool) throws -> BootRecord {
        let window = try Window(size: AddressMap.windowSize)
        try window.map(region.descriptor, at: AddressMap.program, size: programSize, writable: true)
        // SAFETY: the window maps the program region, and nothing else is touched through it.
        return write(to: unsafe CellMemory(unsafeBase: UInt(window.base)), isNative: isNative)
    }

    private func compile() throws -> [UInt8] {
        let image = try ImageLayout(parsing: CellImage.bytes)
        return try Compilation.x86(
            Compilation.Program(code: code, maps: shapes),
            Compilation.Options(countsFuel: boot.executionMode.countsFuel),
            for: Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault)
        ).bytes
    }
}

extension EventRing {
    /// Puts one packet into the next slot, with the context of an XDP program (`struct xdp_md`).
    mutating func submit(_ packet: [UInt8]) {
        let start = UInt32(truncatingIfNeeded: nextPayloadAddress)
        let context: [6 of UInt32] = [start, start + UInt32(packet.count), start, 1, 0, 0]
        // SAFETY (both): the bytes are read during the call only.
        unsafe withUnsafeBytes(of: context) { context in
            unsafe packet.withUnsafeBytes { packet in
                unsafe submit(context: context, payload: packet, lane: 0, time: 0)
            }
        }
    }
}

/// What a program returned; a fault ends the benchmark.
func result(of verdict: Enclosure.Verdict) throws -> UInt64 {
    guard case .returned(let result) = verdict.ending else { throw IsolationError.unexpected("\(verdict.ending)") }
    return result
}
