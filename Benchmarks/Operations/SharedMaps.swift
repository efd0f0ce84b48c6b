internal import Bytecode
internal import CellImage
internal import Channel
internal import Compilation
internal import Enclosure
internal import Linux
internal import Maps
internal import ProgramPackage
internal import Sandbox
internal import Virtualization

/// A program with maps that several cells have at once: each a lane of its own.
///
/// A sandbox has one cell; this puts several over the same maps, from the parts that sandboxes are made of.
struct SharedMaps: ~Copyable {
    let maps: MapStore
    private let program: AdmittedProgram

    init(of program: AdmittedProgram, lanes: Int) throws {
        let maps = try MapStore(program.maps, lanes: UInt32(lanes), seed: 1)
        for definition in program.maps { try Elements.fill(maps.map(named: definition.name), as: definition) }
        self.maps = maps
        self.program = program
    }

    /// The sealed files from which the cell of a lane is made, with machine code.
    func file(lane: Int) throws -> CellProgramFile {
        // As a sandbox shapes its channels: 32 slots, 256 lines of log.
        let geometry = try ChannelGeometry(slotCountShift: 5, slotSizeShift: 12, logCountShift: 8)
        var boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
        boot.lane = UInt32(lane)
        boot.fuel = 1 << 32
        boot.executionMode = .verified
        boot.spinBudget = 1000
        boot.randomSeed = 1
        boot.nativeEntry = AddressMap.code
        let size = try ProgramRegion.size(
            instructions: program.code.count, maps: maps.descriptors.count, descriptorSize: Int(MapDescriptor.size))
        let region = try MemoryFile(name: "program", size: size)
        let written = try write(boot, into: region, size)
        try region.seal()
        return CellProgramFile(
            image: try MemoryFile.sealed(name: "image", CellImage.bytes), program: region, size: size, boot: written,
            code: try MemoryFile.sealed(name: "code", compile()))
    }

    private func write(_ boot: BootRecord, into region: borrowing MemoryFile, _ size: UInt64) throws -> BootRecord {
        let window = try Window(size: AddressMap.windowSize)
        try window.map(region.descriptor, at: AddressMap.program, size: size, writable: true)
        // SAFETY: the window maps the program region, and nothing else is touched through it.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        let descriptors = maps.descriptors
        return ProgramRegion.write(
            program.code, mapCount: descriptors.count, descriptorSize: Int(MapDescriptor.size), boot: boot, to: memory
        ) { address in
            for (index, descriptor) in descriptors.enumerated() {
                descriptor.store(to: memory, at: address + UInt64(index) * MapDescriptor.size)
            }
        }
    }

    private func compile() throws -> [UInt8] {
        let image = try ImageLayout(parsing: CellImage.bytes)
        let shapes = program.maps.map {
            Compilation.MapShape(
                type: $0.type, valueSize: $0.valueSize, maximumEntries: $0.maximumEntries,
                // BPF_F_RDONLY_PROG, as the cell's own map has it.
                flags: $0.flags | ($0.isReadOnly ? 1 << 7 : 0))
        }
        return try Compilation.x86(
            Compilation.Program(code: program.code, maps: shapes), Compilation.Options(countsFuel: false),
            for: Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault)
        ).bytes
    }
}
