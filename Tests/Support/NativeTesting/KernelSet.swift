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
        for definition in definitions {
            let map = kernelrun_make_map(
                definition.type, definition.keySize, definition.valueSize, definition.maximumEntries, definition.flags)
            guard map >= 0 else { throw Failure.map(name: definition.name, errno: -map) }
            maps.append(map)
            if !definition.initialValue.isEmpty { _ = kernelrun_set(map, definition.initialValue) }
        }
        for (number, code) in programs.enumerated() {
            let loaded = try Self.load(code, maps, kind)
            guard loaded >= 0 else { throw Failure.program(number: number, errno: -loaded) }
            self.programs.append(loaded)
        }
        for (map, definition) in zip(maps, definitions) {
            for slot in definition.slots {
                guard case .program(let name) = slot.target, let number = names.firstIndex(of: name) else { continue }
                let status = kernelrun_set_program(map, slot.index, self.programs[number])
                guard status == 0 else {
                    throw Failure.slot(map: definition.name, index: slot.index, errno: -status)
                }
            }
        }
    }

    deinit { for descriptor in maps + programs { kernelrun_close(descriptor) } }

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
