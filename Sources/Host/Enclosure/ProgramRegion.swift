package import Bytecode
package import Channel

/// The read-only region that tells an image what to run: boot record, map descriptors, decoded instructions of all programs, and where
/// each of them begins.
///
/// The broker writes it once, seals it, and every cell of the same program maps the same file.
package enum ProgramRegion {
    /// Why a program does not fit.
    package enum RegionError: Error, Equatable, Sendable {
        case tooLarge(bytes: UInt64, limit: UInt64)
    }

    /// Bytes that a program needs, whole pages.
    package static func size(
        instructions: Int, maps: Int, descriptorSize: Int, programs: Int = 1
    ) throws(RegionError) -> UInt64 {
        let bytes =
            BootRecord.capacity + UInt64(maps) * UInt64(descriptorSize) + 16
            + UInt64(instructions) * UInt64(MemoryLayout<Instruction>.stride) + UInt64(programs) * 4
        guard bytes <= AddressMap.programCapacity else {
            throw .tooLarge(bytes: bytes, limit: AddressMap.programCapacity)
        }
        return roundedToPage(bytes)
    }

    /// Writes the region; returns the boot record as written.
    ///
    /// - Parameters:
    ///   - programs: where each program begins, the first one with instruction 0: what tail calls lead to.
    ///   - memory: a window in which the program region is mapped, writable and at least
    ///     ``size(instructions:maps:descriptorSize:programs:)`` long.
    ///   - writeDescriptors: writes the map descriptors at the address that it is given.
    package static func write(
        _ code: [Instruction], programs: [Int] = [0], mapCount: Int, descriptorSize: Int, boot: BootRecord,
        to memory: CellMemory, writeDescriptors: (UInt64) -> Void
    ) -> BootRecord {
        var boot = boot
        boot.mapDescriptors = AddressMap.program + BootRecord.capacity
        boot.mapCount = UInt64(mapCount)
        boot.instructions = (boot.mapDescriptors + UInt64(mapCount * descriptorSize) + 15) & ~15
        boot.instructionCount = UInt64(code.count)
        boot.programs = boot.instructions + UInt64(code.count * MemoryLayout<Instruction>.stride)
        boot.programCount = UInt64(programs.count)
        writeDescriptors(boot.mapDescriptors)
        // SAFETY: the caller mapped enough room, and an instruction is a trivial value.
        unsafe code.withUnsafeBytes { unsafe memory.copyIn($0, to: boot.instructions) }
        for (number, start) in programs.enumerated() {
            precondition(code.indices.contains(start), "a program begins inside of the code")
            memory.store32(boot.programs + UInt64(number) * 4, UInt32(start))
        }
        memory.writeBootRecord(boot)
        return boot
    }
}
