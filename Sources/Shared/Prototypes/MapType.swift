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
