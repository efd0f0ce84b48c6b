import ProgramPackage

/// A map as a structure of numbers, from before BTF described maps.
///
/// All agree on type, key size, value size, entries and (since Linux 4.6) flags. What follows depends on whose
/// structure it is, which only its size and the numbers in it can tell: the samples of Linux have the index of an inner
/// map and a NUMA node (samples/bpf/bpf_load.h), iproute2 has a number of its own for the map, how it is shared, and
/// since 2017 the number of an inner map and where an outer one holds this one (include/bpf_elf.h). What could be two
/// things is neither.
struct LegacyDefinition: Sendable {
    /// How a definition refers to others.
    enum Relation: Equatable, Sendable {
        case none
        /// The place of the inner map among all definitions.
        case innerAt(UInt32)
        /// `inner_id`: the number of the inner map.
        case innerNumber(UInt32)
    }

    var map: MapDefinition
    /// iproute2's `id`, or 0.
    var number: UInt32 = 0
    var inner = Relation.none
    /// iproute2's `inner_idx`: where every map of maps whose inner map has this one's number holds this one.
    var slotInOuter: UInt32?

    /// Bytes of the definitions that are told apart.
    private static let shortest: UInt64 = 16
    private static let plain: UInt64 = 20
    private static let withTwoMore: UInt64 = 28
    private static let iproute2: UInt64 = 36
    /// BPF_F_NUMA_NODE (linux/bpf.h).
    private static let numaNodeFlag: UInt32 = 1 << 2
    /// iproute2's PIN_GLOBAL_NS, the last of the ways to share a map.
    private static let lastPinning: UInt32 = 2
    /// iproute2's `inner_idx` for "nowhere".
    private static let noSlot = UInt32.max

    /// The definitions in a section, ascending.
    static func all(
        in section: ObjectImage.Section, symbols: [MapTable.Variable]
    ) throws(ObjectError) -> [(offset: UInt64, definition: LegacyDefinition)] {
        var found: [(offset: UInt64, definition: LegacyDefinition)] = []
        for (index, symbol) in symbols.enumerated() {
            let end = index + 1 < symbols.count ? symbols[index + 1].offset : section.header.size
            let size = symbol.size == 0 ? end - symbol.offset : symbol.size
            guard size >= shortest, size <= end - symbol.offset else {
                throw .mapDefinitionSize(
                    section: section.name, symbol: symbol.name, size: size, minimum: shortest)
            }
            found.append((symbol.offset, try Self(symbol, bytes: size, in: section)))
        }
        return found
    }

    private init(
        _ symbol: MapTable.Variable, bytes: UInt64, in section: ObjectImage.Section
    ) throws(ObjectError) {
        let base = Int(symbol.offset)
        func field(_ number: Int) -> UInt32 {
            UInt64(number) * 4 + 4 <= bytes ? section.contents.uint32(at: base + number * 4) ?? 0 : 0
        }
        map = MapDefinition(
            name: symbol.name, type: field(0), keySize: field(1), valueSize: field(2), maximumEntries: field(3),
            flags: field(4))
        // What a map of maps has for a value is the kernel's affair, and bpf_load.c says it for the author.
        if map.isMapOfMaps, map.valueSize == 0 { map.valueSize = 4 }
        // The first byte that nobody has explained.
        let tail = stride(from: Int(Self.plain), to: Int(bytes), by: 1).first {
            section.contents.uint8(at: base + $0) != 0
        }
        switch bytes {
        case Self.withTwoMore:
            guard tail != nil || map.isMapOfMaps else { return }
            guard interpretTwoMore(field(5), field(6)) else {
                throw .mapDefinitionTail(section: section.name, offset: UInt64(base + (tail ?? 0)))
            }
        case Self.iproute2 where tail != nil:
            number = field(5)
            map.pinning = field(6)
            let innerNumber = field(7)
            guard map.pinning <= Self.lastPinning, innerNumber == 0 || map.isMapOfMaps else {
                throw .mapDefinitionTail(section: section.name, offset: UInt64(base + (tail ?? 0)))
            }
            if innerNumber != 0 { inner = .innerNumber(innerNumber) }
            if number != 0, innerNumber == 0, field(8) != Self.noSlot { slotInOuter = field(8) }
        default:
            if let tail { throw .mapDefinitionTail(section: section.name, offset: UInt64(base + tail)) }
        }
    }

    /// The sixth and seventh number of seven: place of the inner map and NUMA node, or number and sharing. False where
    /// they could be either and it would matter.
    private mutating func interpretTwoMore(_ sixth: UInt32, _ seventh: UInt32) -> Bool {
        if map.isMapOfMaps {
            // iproute2 had nothing to say of inner maps in so few numbers, and no way to make maps of maps.
            guard seventh == 0 || map.flags & Self.numaNodeFlag != 0 else { return false }
            inner = .innerAt(sixth)
            return true
        }
        // Without an inner map the sixth can only be iproute2's. A node means something with its flag only.
        guard seventh == 0 || map.flags & Self.numaNodeFlag == 0, seventh <= Self.lastPinning else { return false }
        number = sixth
        map.pinning = seventh
        return true
    }
}
