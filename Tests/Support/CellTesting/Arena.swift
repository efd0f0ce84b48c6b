import Bytecode
import CellImage
import Channel
import Enclosure
import Linux
import Maps
import ProgramPackage
import Sandbox
import TestSupport

/// A spawner, maps that outlive every cell, and the cells that attack them.
///
/// Map 0, `witness`, holds ``witness``, which nothing may change but what can write to maps by right. Map 1 is an array of programs whose
/// first slot holds the program that runs.
package struct Arena: ~Copyable {
    package let jail: Jail
    package let maps: MapStore
    private let room = MachineRoom()
    private var generation: UInt32 = 0

    package static let witness: UInt64 = 0x5AFE_5AFE_0BAD_CAFE

    package init(_ kind: EnclosureKind = .guest) throws {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: Arena.witness >> (8 * $0)) }
        let maps = try MapStore(
            [
                MapDefinition(
                    name: "witness", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1, initialValue: bytes),
                MapDefinition(
                    name: "programs", type: 3, keySize: 4, valueSize: 4, maximumEntries: 2,
                    slots: [MapSlot(index: 0, target: .program("itself"))]),
            ], programs: ["itself"], lanes: 1, seed: 1)
        jail = try Jail(for: kind, ready: .none)
        self.maps = maps
    }

    package var limits: WaitLimits {
        var limits = WaitLimits()
        limits.deadlineNanoseconds = 20_000_000_000
        return limits
    }

    /// A cell that runs `image`.
    package mutating func start(_ image: [UInt8], code: [UInt8]? = nil, limits: WaitLimits? = nil) throws -> Cell {
        generation += 1
        let native: MemoryFile? = if let code { try MemoryFile.sealed(name: "code", code) } else { nil }
        let file = try programFile(
            try assembled("r0 = 0\nexit"), image: image, maps: maps.descriptors, boot: HostileImage.boot, code: native)
        return try Cell(in: jail, file, maps: maps.file, generation: generation, limits: limits ?? self.limits)
    }

    /// A cell of which the image, or native code, is not sealed: what a spawner must refuse to map executable.
    package mutating func startUnsealed(image isUnsealed: Bool, code hasCode: Bool) throws -> Cell {
        generation += 1
        let image =
            isUnsealed ? try Self.unsealed("image", CellImage.bytes) : try .sealed(name: "image", CellImage.bytes)
        let code: MemoryFile? = if hasCode { try Self.unsealed("code", [0xC3]) } else { nil }
        let file = try programFile(
            try assembled("r0 = 0\nexit"), image: image, maps: maps.descriptors, boot: HostileImage.boot, code: code)
        return try Cell(in: jail, file, maps: maps.file, generation: generation, limits: limits)
    }

    private static func unsealed(_ name: StaticString, _ bytes: [UInt8]) throws -> MemoryFile {
        let file = try MemoryFile(name: name, size: roundedToPage(UInt64(bytes.count)))
        try file.write(bytes)
        return file
    }

    /// A cell with the sound image.
    package mutating func startSound(
        _ program: String, mode: ExecutionMode = .checked, limits: WaitLimits? = nil
    ) throws -> Cell {
        generation += 1
        var boot = try HostileImage.boot
        boot.executionMode = mode
        let file = try programFile(try assembled(program), maps: maps.descriptors, boot: boot)
        return try Cell(in: jail, file, maps: maps.file, generation: generation, limits: limits ?? self.limits)
    }

    /// A cell with the sound image that runs `native` for a program, whoever made it and whatever is known of the program.
    ///
    /// Only tests have this: a sandbox takes machine code of nobody but the compiler, and of no program that is not proven safe.
    package mutating func startNative(
        _ native: [UInt8], of program: [Instruction], mode: ExecutionMode, limits: WaitLimits? = nil
    ) throws -> Cell {
        generation += 1
        var boot = try HostileImage.boot
        boot.executionMode = mode
        boot.nativeEntry = AddressMap.code
        let file = try programFile(
            program, maps: maps.descriptors, boot: boot, code: try MemoryFile.sealed(name: "code", native))
        return try Cell(in: jail, file, maps: maps.file, generation: generation, limits: limits ?? self.limits)
    }

    /// Runs `image`, gives it one event, and returns what the broker says of it.
    package mutating func failure(of image: [UInt8], limits: WaitLimits? = nil) throws -> CellFailure? {
        var cell = try start(image, limits: limits)
        defer { cell.end() }
        do throws(CellFailure) {
            try cell.waitUntilRunning()
            cell.submit([])
            _ = try cell.awaitVerdict()
            return nil
        } catch { return error }
    }

    /// What a fresh cell, with the sound image and a program that looks the witness up, returns: ``witness`` where all is well.
    package mutating func witnessSeenByFreshCell() throws -> UInt64? {
        var cell = try startSound(
            """
            *(u32 *)(r10 - 4) = 0
            r2 = r10
            r2 += -4
            ld_pseudo r1, 0x5, 0x0
            call 0x1
            if r0 == 0 goto +1
            r0 = *(u64 *)(r0 + 0)
            exit
            """)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        guard case .returned(let result) = try cell.awaitVerdict().ending else { return nil }
        return result
    }
}

extension Cell {
    /// Submits an event with this payload and a context of eight zero bytes.
    package mutating func submit(
        _ payload: [UInt8], context: [UInt8] = [UInt8](repeating: 0, count: 8), time: UInt64 = 0
    ) {
        payload.withUnsafeBytes { payload in
            context.withUnsafeBytes { ring.submit(context: $0, payload: payload, lane: 0, time: time) }
        }
        notify()
    }
}
