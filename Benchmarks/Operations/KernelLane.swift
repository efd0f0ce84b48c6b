internal import Bytecode
internal import CBenchmark
internal import Linux
internal import ProgramPackage

/// A program in the running kernel: verified and compiled by it, and run by BPF_PROG_TEST_RUN; never attached to anything.
final class KernelLane: Lane {
    private let maps: KernelMaps
    private let program: FileDescriptorBox
    /// Programs that it goes on in.
    private var others: [FileDescriptorBox] = []

    init(_ name: String, of package: ObjectPackage) throws {
        guard let entry = package.programs.firstIndex(where: { $0.name == name }) else {
            throw OperationsError.unexpected("the object has no program \(name)")
        }
        var used = Self.maps(of: package.programs[entry])
        var next: [(map: Int, slot: UInt32, program: Int)] = []
        for map in used {
            for slot in package.maps[map].slots {
                guard case .program(let name) = slot.target,
                    let index = package.programs.firstIndex(where: { $0.name == name })
                else { continue }
                next.append((map, slot.index, index))
                used.formUnion(Self.maps(of: package.programs[index]))
            }
        }
        maps = try KernelMaps(used, of: package)
        program = try Self.load(package.programs[entry], maps)
        for (map, slot, index) in next {
            let other = try Self.load(package.programs[index], maps)
            try maps.set(map, slot, other.descriptor.rawValue)
            others.append(other)
        }
    }

    var process: Int32? { nil }

    func warm(events: Int) throws {
        _ = try run(UInt32(events))
        try readRing()
    }

    /// On the processor that cells have, so that both find the same caches, and the reader is elsewhere.
    func sample(events: Int) throws -> Double {
        _ = cbenchmark_pin(0, 1)
        defer { _ = cbenchmark_pin(0, 0) }
        _ = try run(4)
        let taken = try run(UInt32(events))
        _ = cbenchmark_pin(0, 0)
        try readRing()
        return taken
    }

    /// Nanoseconds of one of several runs in a row, by the kernel's clock; what the call itself costs is not in it.
    func run(_ runs: UInt32) throws -> Double {
        var result: UInt32 = 0
        var nanoseconds: UInt32 = 0
        // SAFETY: the packet's bytes are read, and both words written, during the call only.
        let status = unsafe cbenchmark_program_run(
            program.descriptor.rawValue, eventPacket, UInt32(eventPacket.count), runs, &result, &nanoseconds)
        _ = try checked("bpf(BPF_PROG_TEST_RUN)", Int(status))
        guard UInt64(result) == successfulResult else {
            throw OperationsError.unexpected("the kernel's program returned \(result)")
        }
        return Double(nanoseconds)
    }

    private func readRing() throws {
        guard let ring = maps.ring else { return }
        _ = try checked("mmap(ring)", Int(cbenchmark_ring_read(ring.descriptor, ring.size)))
    }

    /// The maps that a program names.
    private static func maps(of program: Program) -> Set<Int> {
        var named: Set<Int> = []
        forEachMap(in: program.code) { named.insert(Int(program.code[$0].immediate)) }
        return named
    }

    /// Calls `body` with the place of each instruction that names a map: BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE, by index here.
    private static func forEachMap(in code: [Slot], _ body: (Int) -> Void) {
        var index = 0
        while index < code.count {
            let isWide = code[index].opcode == Program.wideImmediateOpcode
            if isWide, code[index].source == 1 || code[index].source == 2 { body(index) }
            index += isWide ? 2 : 1
        }
    }

    private static func load(_ program: Program, _ maps: KernelMaps) throws -> FileDescriptorBox {
        var code = program.code
        forEachMap(in: program.code) { code[$0].immediate = maps.descriptor(of: Int(code[$0].immediate)) }
        let bytes = Slot.littleEndianBytes(of: code)
        var log = [CChar](repeating: 0, count: 1 << 16)
        // SAFETY: instructions and licence are read, and the log written in its length, during the call only.
        let status = unsafe cbenchmark_program_load(
            6, 0, bytes, UInt32(code.count), "GPL", 4, &log, UInt32(log.count))  // BPF_PROG_TYPE_XDP
        guard status != notPermitted else { throw OperationsError.notAvailable("bpf(2) is not permitted: run as root") }
        return FileDescriptorBox(FileDescriptor(owning: Int32(try checked("bpf(BPF_PROG_LOAD)", Int(status)))))
    }
}
