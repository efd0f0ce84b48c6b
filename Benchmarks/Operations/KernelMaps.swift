internal import CBenchmark
internal import Linux
internal import Maps
internal import ProgramPackage

/// The maps that some programs of an object use, in the running kernel, filled.
final class KernelMaps {
    /// Linux is built for no more (`CONFIG_NR_CPUS` of Debian's x86-64 kernels: 8192).
    private static let mostProcessors = 8192

    /// By their index in the object.
    private var made: [Int: FileDescriptorBox] = [:]
    /// `BPF_MAP_TYPE_RINGBUF`, if there is one: its descriptor and its size.
    private(set) var ring: (descriptor: Int32, size: UInt32)?

    init(_ indices: Set<Int>, of package: ObjectPackage) throws {
        // What is held in others comes first.
        for index in indices.sorted(by: { !package.maps[$0].isMapOfMaps && package.maps[$1].isMapOfMaps }) {
            try make(index, package)
        }
        for index in made.keys.sorted() { try fill(index, package) }
    }

    func descriptor(of index: Int) -> Int32 { made[index]?.descriptor.rawValue ?? -1 }

    private func make(_ index: Int, _ package: ObjectPackage) throws {
        guard made[index] == nil else { return }
        let map = package.maps[index]
        for held in Self.maps(in: map) { try make(held, package) }
        let inner = Self.maps(in: map).first.map(descriptor(of:)) ?? 0
        let file = cbenchmark_map_create(
            map.type, map.keySize, map.valueSize, map.maximumEntries, map.flags, inner, map.extra)
        guard file != notPermitted else { throw OperationsError.notAvailable("bpf(2) is not permitted: run as root") }
        made[index] = FileDescriptorBox(FileDescriptor(owning: Int32(try checked("bpf(BPF_MAP_CREATE)", Int(file)))))
        if map.type == MapKind.ringbuf.rawValue { ring = (file, map.maximumEntries) }
    }

    /// What a map of maps holds.
    private static func maps(in map: MapDefinition) -> [Int] {
        map.slots.compactMap { slot in
            switch slot.target {
            case .map(let index): index
            case .program: nil
            }
        }
    }

    private func fill(_ index: Int, _ package: ObjectPackage) throws {
        let map = package.maps[index]
        for slot in map.slots {
            guard case .map(let target) = slot.target else { continue }
            try set(index, slot.index, descriptor(of: target))
        }
        // A value for each processor that there can be, each in eight bytes.
        let copies = MapKind(rawValue: map.type)?.isPerCPU ?? false ? Self.mostProcessors : 1
        var values = [UInt8](repeating: 0, count: 8 * Self.mostProcessors)
        try Elements.each(of: map) { key, value in
            for copy in 0..<copies { values.replaceSubrange(copy * 8..<copy * 8 + value.count, with: value) }
            // SAFETY: the key has the map's size, there is room for a value of every processor, and both are read during the call only.
            let status = unsafe cbenchmark_map_update(descriptor(of: index), key, values)
            _ = try checked("bpf(BPF_MAP_UPDATE_ELEM)", Int(status))
        }
    }

    /// Puts a map or a program into a map of such.
    func set(_ index: Int, _ slot: UInt32, _ target: Int32) throws {
        var (slot, target) = (slot, target)
        // SAFETY: both words are read during the call only.
        let status = unsafe cbenchmark_map_update(descriptor(of: index), &slot, &target)
        _ = try checked("bpf(BPF_MAP_UPDATE_ELEM)", Int(status))
    }
}

/// -EPERM, from a call that only root may make.
let notPermitted: Int32 = -1

/// A descriptor in a list: descriptors themselves cannot be copied.
final class FileDescriptorBox {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
