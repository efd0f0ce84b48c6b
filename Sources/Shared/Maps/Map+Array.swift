/// Arrays: values in place, no lock, no word of structure that could be corrupted.
///
/// A value is written word by word, so a reader never sees half of an aligned 64-bit word, but may see the first
/// words of one update and the last of another, as on Linux.
extension Map {
    /// The address of a lane's value, or 0 where there is none.
    @inlinable @inline(__always) package func arrayValue(index: UInt32, lane: UInt32) -> UInt64 {
        guard index < descriptor.maximumEntries, lane < descriptor.laneCount || descriptor.laneCount == 1 else {
            return 0
        }
        let start = descriptor.valuesStart &+ UInt64(index) &* UInt64(descriptor.valueStride)
        return descriptor.laneCount == 1 ? start : start &+ UInt64(lane) &* descriptor.laneStride
    }

    func setArrayValue(index: UInt32, lane: UInt32, value: MapBytes, mode: MapUpdate) -> Int64 {
        let address = arrayValue(index: index, lane: lane)
        // Linux checks in this order (`array_map_update_elem`, kernel/bpf/arraymap.c).
        guard address != 0 else { return LinuxErrno.tooBig }
        switch mode {
        case .create: return LinuxErrno.exists
        case .createOrReplace, .replace: break
        }
        memory.publish(value, size: descriptor.valueSize, to: address)
        return 0
    }
}
