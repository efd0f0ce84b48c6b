/// Linux's map types (`enum bpf_map_type`, include/uapi/linux/bpf.h).
package enum MapType: UInt32, CaseIterable, Sendable {
    case unspecified, hash, array, programArray, perfEventArray, perCPUHash, perCPUArray, stackTrace, cgroupArray
    case lruHash, lruPerCPUHash, lpmTrie, arrayOfMaps, hashOfMaps, devmap, sockmap, cpumap, xskmap, sockhash
    case cgroupStorage, reuseportSockarray, perCPUCgroupStorage, queue, stack, skStorage, devmapHash, structOps
    case ringbuf, inodeStorage, taskStorage, bloomFilter, userRingbuf, cgrpStorage, arena
}

package struct MapTypeSet: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package init(_ types: MapType...) { rawValue = types.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }

    package func contains(_ type: MapType) -> Bool { rawValue & 1 << UInt64(type.rawValue) != 0 }
}

/// The sets that rows of helpers share (check_map_func_compatibility in kernel/bpf/verifier.c).
extension MapTypeSet {
    package static let perCPU = MapTypeSet(.perCPUHash, .perCPUArray, .lruPerCPUHash)
    /// Maps whose elements programs look up and change.
    package static let elements = MapTypeSet(.hash, .array, .lruHash, .lpmTrie).union(perCPU)
    package static let readable = MapTypeSet(
        .arrayOfMaps, .hashOfMaps, .devmap, .devmapHash, .xskmap, .sockmap, .sockhash
    ).union(elements)
    package static let updatable = MapTypeSet(.sockmap, .sockhash).union(elements)
    package static let queues = MapTypeSet(.queue, .stack)
    package static let pushable = MapTypeSet(.queue, .stack, .bloomFilter)
    package static let cgroupStorages = MapTypeSet(.cgroupStorage, .perCPUCgroupStorage)
    package static let redirectTargets = MapTypeSet(.devmap, .devmapHash, .cpumap, .xskmap)
    package static let reuseportTargets = MapTypeSet(.reuseportSockarray, .sockmap, .sockhash)
    /// The only maps that programs which sleep may use (check_map_prog_compatibility).
    package static let forSleepers = MapTypeSet(
        .hash, .lruHash, .array, .perCPUHash, .perCPUArray, .lruPerCPUHash, .arrayOfMaps, .hashOfMaps, .ringbuf,
        .userRingbuf, .inodeStorage, .skStorage, .taskStorage, .cgrpStorage, .queue, .stack, .arena)
    /// Maps with `map_for_each_callback`.
    package static let iterable = MapTypeSet(.hash, .array, .lruHash).union(perCPU)
    /// Maps whose values may hold a `struct bpf_timer` (map_check_btf in kernel/bpf/syscall.c).
    package static let withTimers = MapTypeSet(.hash, .lruHash, .array)
}
