internal import Channel
package import Linux
package import Maps

/// The data of a ring, which lies twice in the address space of whoever works on it, so that no record is in two pieces.
package struct RingMirror: Equatable, Sendable {
    /// Address of the data.
    package let start: UInt64
    /// Bytes of it; the second view begins behind them.
    package let size: UInt64

    /// Every ring of these maps.
    package static func all(of descriptors: some Sequence<MapDescriptor>) -> [RingMirror] {
        descriptors.flatMap { descriptor in
            (0..<descriptor.laneCount).compactMap { lane in
                descriptor.ringData(ofLane: lane).map { RingMirror(start: $0.start, size: $0.size) }
            }
        }
    }

    /// Those of the maps that a program region describes, for the process that is to be its cell. The broker wrote the region and
    /// sealed it.
    ///
    /// - Parameter memory: has the region.
    /// - Throws: EINVAL where the region speaks of memory that is not the maps'.
    static func all(
        describedIn memory: CellMemory, programSize: UInt64, mapsSize: UInt64
    ) throws(SystemError) -> [RingMirror] {
        let boot = memory.readBootRecord()
        let table = boot.mapDescriptors &- AddressMap.program
        let isTable =
            boot.mapCount == 0 || table < programSize && boot.mapCount <= (programSize - table) / MapDescriptor.size
        guard isTable else { throw SystemError(call: "mmap (rings)", code: SystemError.invalidArgument) }
        let mirrors = all(
            of: (0..<boot.mapCount).lazy.map {
                MapDescriptor(loading: memory, at: boot.mapDescriptors + $0 * MapDescriptor.size)
            })
        for mirror in mirrors {
            let (offset, size) = (mirror.start &- AddressMap.maps, mirror.size)
            guard offset % AddressMap.pageSize == 0, size % AddressMap.pageSize == 0, offset < mapsSize,
                size <= (mapsSize - offset) / 2
            else { throw SystemError(call: "mmap (rings)", code: SystemError.invalidArgument) }
        }
        return mirrors
    }
}

extension Window {
    /// Maps the data of rings once more behind themselves, in a window whose maps are mapped.
    package borrowing func mirror(
        _ rings: [RingMirror], of maps: borrowing FileDescriptor
    ) throws(SystemError) {
        for ring in rings {
            try mapAgain(
                maps, from: ring.start - AddressMap.maps, at: ring.start + ring.size, size: ring.size)
        }
    }
}
