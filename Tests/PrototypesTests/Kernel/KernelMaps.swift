import CKernelVerifier
import Prototypes

/// Maps of every type, small, made once.
enum KernelMaps {
    /// Values of 64 bytes and keys of 4 where the type lets one choose.
    static let plain: [MapType: Int32] = Dictionary(
        uniqueKeysWithValues: MapType.allCases.compactMap { type in make(type).map { (type, $0) } })

    /// Maps whose values hold a timer, or a lock.
    static let timed: [MapType: Int32] = [
        .hash: create(.hash, value: 64, valueType: Types.timerOnly),
        .array: create(.array, value: 64, valueType: Types.timerOnly),
        .lruHash: create(.lruHash, value: 64, valueType: Types.timerOnly),
    ]
    static let locked: Int32 = create(.array, value: 64, valueType: Types.lockOnly)

    /// An array of zeros that neither program nor user space changes.
    static let readOnly: Int32 = {
        let map = create(.array, value: 64, flags: 0x80)
        _ = kernelverifier_freeze(map)
        return map
    }()

    /// A map for one program: those that can hold programs belong to the first type that uses them.
    static func map(_ type: MapType) -> Int32? {
        let holdsPrograms = MapTypeSet(.programArray, .devmap, .devmapHash, .cpumap).contains(type)
        return holdsPrograms ? make(type) : plain[type]
    }

    /// Whether the kernel makes such a map with a key of this size.
    static func isMade(_ type: MapType, key: UInt32) -> Bool {
        guard let map = make(type, key: key) else { return false }
        kernelverifier_close(map)
        return true
    }

    private static func make(_ type: MapType, key: UInt32? = nil) -> Int32? {
        let map: Int32 =
            switch type {
            case .hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash:
                create(type, key: key ?? 4, value: 64)
            case .programArray, .perfEventArray, .cgroupArray, .devmap, .devmapHash, .cpumap, .xskmap, .sockmap,
                .sockhash, .reuseportSockarray:
                create(type, key: key ?? 4, value: 4)
            case .stackTrace: create(type, key: key ?? 4, value: 64)
            case .lpmTrie: create(type, key: key ?? 8, value: 64, flags: 1)
            case .arrayOfMaps, .hashOfMaps: create(type, key: key ?? 4, value: 4, inner: create(.array, value: 64))
            case .cgroupStorage, .perCPUCgroupStorage: create(type, key: key ?? 8, value: 64, entries: 0)
            case .queue, .stack, .bloomFilter: create(type, key: key ?? 0, value: 64)
            case .ringbuf, .userRingbuf: create(type, key: key ?? 0, value: 0, entries: 4096)
            case .skStorage, .inodeStorage, .taskStorage, .cgrpStorage:
                create(type, key: key ?? 4, value: 4, entries: 0, flags: 1, valueType: Types.int)
            case .arena: create(type, key: key ?? 0, value: 0, entries: 1, flags: 1 << 10)
            case .unspecified, .structOps: -1
            }
        return map < 0 ? nil : map
    }

    private static func create(
        _ type: MapType, key: UInt32 = 4, value: UInt32, entries: UInt32 = 1, flags: UInt32 = 0, inner: Int32 = 0,
        valueType: UInt32 = 0
    ) -> Int32 {
        var map = kernelverifier_map(
            type: type.rawValue, key_size: key, value_size: value, max_entries: entries, flags: flags, inner: inner,
            btf: valueType == 0 ? 0 : Types.descriptor, key_type: valueType == 0 ? 0 : Types.int,
            value_type: valueType)
        return kernelverifier_map(&map)
    }
}
