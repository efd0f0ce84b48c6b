import Bytecode
import ProgramPackage
import Prototypes

/// The surroundings of random programs: maps, and the types that they may be of.
package enum Fixture {
    package enum MapIndex {
        static let hash = 0
        static let array = 1
        static let perCPU = 2
        static let data = 3
        static let readOnly = 4
        static let ring = 5
    }

    package static let maps = [
        MapDefinition(name: "hash", type: 1, keySize: 8, valueSize: 32, maximumEntries: 16),
        MapDefinition(name: "array", type: 2, keySize: 4, valueSize: 16, maximumEntries: 4),
        MapDefinition(name: "percpu", type: 6, keySize: 4, valueSize: 64, maximumEntries: 2),
        MapDefinition(name: ".data", type: 2, keySize: 4, valueSize: 24, maximumEntries: 1),
        MapDefinition(
            name: ".rodata", type: 2, keySize: 4, valueSize: 16, maximumEntries: 1, flags: 1 << 7,
            initialValue: [1, 0, 0, 0, 255, 255, 255, 255, 8, 0, 0, 0, 0, 0, 0, 128], isReadOnly: true),
        MapDefinition(name: "ring", type: 27, keySize: 0, valueSize: 0, maximumEntries: 4096),
    ]

    package static let sections = ["xdp", "tc", "kprobe/x", "cgroup/connect4"]
    package static let descriptors = sections.map { ProgramDescriptor.row(section: $0) }

    /// A package of one program.
    package static func package(_ code: [Slot], section: String, maps: [MapDefinition] = Fixture.maps) -> ObjectPackage
    {
        ObjectPackage(
            licence: "GPL",
            maps: maps,
            programs: [
                Program(
                    name: "random", section: section, code: code,
                    functions: [FunctionRange(name: "random", start: 0)])
            ])
    }
}
