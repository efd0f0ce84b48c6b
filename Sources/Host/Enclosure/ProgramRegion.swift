package import Bytecode
package import Channel

/// The read-only region that tells an image what to run: boot record, map descriptors, decoded instructions.
///
/// The broker writes it once, seals it, and every cell of the same program maps the same file.
package enum ProgramRegion {
    /// Why a program does not fit.
    package enum RegionError: Error, Equatable, Sendable {
        case tooLarge(bytes: UInt64, limit: UInt64)
    }

    /// Bytes that a program needs, whole pages.
    package static func size(instructions: Int, maps: Int, descriptorSize: Int) throws(RegionError) -> UInt64 {
        let bytes =
            BootRecord.capacity + UInt64(maps) * UInt64(descriptorSize) + 16
            + UInt64(instructions) * UInt64(MemoryLayout<Instruction>.stride)
        guard bytes <= AddressMap.programCapacity else {
            throw .tooLarge(bytes: bytes, limit: AddressMap.programCapacity)
        }
        return roundedToPage(bytes)
    }

    /// Writes the region; returns the boot record as written.
    ///
    /// - Parameters:
    ///   - memory: a window in which the program region is mapped, writable and at least ``size(instructions:maps:descriptorSize:)`` long.
    ///   - writeDescriptors: writes the map descriptors at the address that it is given.
    package static func write(
        _ code: [Instruction], mapCount: Int, descriptorSize: Int, boot: BootRecord, to memory: CellMemory,
        writeDescriptors: (UInt64) -> Void
    ) -> BootRecord {
        var boot = boot
        boot.mapDescriptors = AddressMap.program + BootRecord.capacity
        boot.mapCount = UInt64(mapCount)
        boot.instructions = (boot.mapDescriptors + UInt64(mapCount * descriptorSize) + 15) & ~15
        boot.instructionCount = UInt64(code.count)
        writeDescriptors(boot.mapDescriptors)
        // SAFETY: the caller mapped enough room, and an instruction is a trivial value.
        unsafe code.withUnsafeBytes { unsafe memory.copyIn($0, to: boot.instructions) }
        memory.writeBootRecord(boot)
        return boot
    }
}
