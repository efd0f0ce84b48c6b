import Bytecode
import CKernelRun
import ProgramPackage

/// Programs that go on in one another, in the kernel that runs here, with maps of their own.
package struct KernelSet: ~Copyable {
    private var maps: [Int32] = []
    private var programs: [Int32] = []

    package enum Failure: Error {
        case map(name: String, errno: Int32)
        /// The kernel's verifier does not accept it.
        case program(number: Int, errno: Int32)
        case slot(map: String, index: UInt32, errno: Int32)
        case run(errno: Int32)
    }

    /// `enum bpf_prog_type`
    package enum Kind: UInt32 {
        case socketFilter = 1
        case xdp = 6
    }

    /// - Parameters:
    ///   - programs: linked code that names maps by their index.
    ///   - names: what slots call them.
    package init(
        _ programs: [[Slot]], names: [String], maps definitions: [MapDefinition], as kind: Kind
    ) throws {
        maps = [Int32](repeating: -1, count: definitions.count)
        // What is held in others comes first.
        let order = definitions.indices.sorted { !definitions[$0].isMapOfMaps && definitions[$1].isMapOfMaps }
        for index in order {
            let definition = definitions[index]
            let map =
                definition.isMapOfMaps
                ? kernelrun_make_map_of(
                    definition.type, definition.keySize, definition.maximumEntries,
                    definition.innerMap.map { maps[$0] } ?? -1)
                : kernelrun_make_map(
                    definition.type, definition.keySize, definition.valueSize, definition.maximumEntries,
                    definition.flags)
            guard map >= 0 else { throw Failure.map(name: definition.name, errno: -map) }
            maps[index] = map
            if !definition.initialValue.isEmpty { _ = kernelrun_set(map, definition.initialValue) }
        }
        for (number, code) in programs.enumerated() {
            let loaded = try Self.load(code, maps, kind)
            guard loaded >= 0 else { throw Failure.program(number: number, errno: -loaded) }
            self.programs.append(loaded)
        }
        for (map, definition) in zip(maps, definitions) {
            for slot in definition.slots {
                let target: Int32
                switch slot.target {
                case .map(let index): target = maps[index]
                case .program(let name):
                    guard let number = names.firstIndex(of: name) else { continue }
                    target = self.programs[number]
                }
                let status = kernelrun_set_program(map, slot.index, target)
                guard status == 0 else {
                    throw Failure.slot(map: definition.name, index: slot.index, errno: -status)
                }
            }
        }
    }

    deinit { for descriptor in maps + programs where descriptor >= 0 { kernelrun_close(descriptor) } }

    private static func load(_ code: [Slot], _ maps: [Int32], _ kind: Kind) throws -> Int32 {
        var code = code
        for (index, slot) in code.enumerated() where slot.opcode == Program.wideImmediateOpcode {
            // By index here (sub-types 1 and 2 of a package, 5 and 6 of vectors), by descriptor there.
            let isValue = [2, 6].contains(slot.source)
            guard isValue || [1, 5].contains(slot.source) else { continue }
            code[index] = Slot(
                opcode: slot.opcode, destination: slot.destination, source: isValue ? 2 : 1, offset: 0,
                immediate: maps[Int(slot.immediate)])
        }
        return kernelrun_load_as(kind.rawValue, code.map(\.bits), code.count)
    }

    /// The ring buffer of that index, for its one reader.
    package func ring(_ map: Int, bytes: UInt32) throws -> KernelRing { try KernelRing(maps[map], bytes: bytes) }

    /// Puts an element into a map, by its index.
    package func update(map: Int, key: [UInt8], value: [UInt8]) throws {
        let status = kernelrun_update(maps[map], key, value, 0)
        guard status == 0 else { throw Failure.map(name: "\(map)", errno: -status) }
    }

    /// What the first program, and those in which it goes on, make of a packet.
    package func run(_ packet: [UInt8]) throws -> (result: UInt32, packet: [UInt8]) {
        var after = [UInt8](repeating: 0, count: packet.count + 512)
        var size = UInt32(after.count)
        var result: UInt32 = 0
        let status = kernelrun_run_on(programs[0], packet, UInt32(packet.count), &after, &size, &result)
        guard status == 0 else { throw Failure.run(errno: -status) }
        return (result, Array(after.prefix(Int(size))))
    }
}

/// Reads what programs in the kernel hand out.
package struct KernelRing: ~Copyable {
    private var ring = kernelrun_ring()
    private let bytes: Int

    fileprivate init(_ map: Int32, bytes: UInt32) throws {
        let status = kernelrun_open_ring(map, bytes, &ring)
        guard status == 0 else { throw KernelSet.Failure.map(name: "ring", errno: -status) }
        self.bytes = Int(bytes)
    }

    deinit {
        var ring = ring
        kernelrun_close_ring(&ring)
    }

    package mutating func records() -> [[UInt8]] {
        var all: [[UInt8]] = []
        var record = [UInt8](repeating: 0, count: bytes)
        while true {
            let size = kernelrun_next_record(&ring, &record)
            guard size >= 0 else { return all }
            all.append(Array(record.prefix(Int(size))))
        }
    }
}
