import Channel
import Foundation
import TestSupport

/// Images written in assembly, which take the place of the sound one: what code that broke out of the interpreter could do.
///
/// Each says that it runs, waits for its first event, makes its preparations and goes to ``attackAddress``, where the first
/// instruction of the attack lies, so that a report can be compared with an address.
package enum HostileImage {
    /// Where the attack starts.
    package static let attackAddress: UInt64 = AddressMap.image + 0x1200
    /// Where the constants of an image lie that has any: behind the header, in its page.
    package static let constants = AddressMap.image + 0x40
    /// The text of every image here is one page.
    package static let text = AddressMap.image + 0x1000..<AddressMap.image + 0x2000

    /// The shape of the channels that these images are written for. The sequence numbers wrap with the second event.
    package static var boot: BootRecord {
        get throws {
            let geometry = try ChannelGeometry(slotCountShift: 2, slotSizeShift: 12, logCountShift: 3)
            var boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
            boot.fuel = 1_000_000
            boot.randomSeed = 0x5EED
            boot.spinBudget = 1000
            boot.initialSequence = 0xFFFF_FFFE
            return boot
        }
    }

    /// An image that makes `preparation`, then `attack`; the sound image's exit from `_start`, `ud2`, stands behind it.
    package static func attacking(_ attack: String, preparation: String = "") throws -> [UInt8] {
        try assembled(
            """
            movl $1, STATE
            mfence
            9:  pause
            cmpl $FIRST_SEQUENCE, FIRST_SLOT
            jne 9b
            \(preparation)
            jmp attack
            .org 0x200, 0xcc
            attack:
            \(attack)
            ud2
            """)
    }

    /// Writes a verdict, its sequence number last.
    package static func verdict(
        at record: String = "FIRST_VERDICT", sequence: String = "FIRST_SEQUENCE", fault: UInt32 = 0, result: UInt32 = 7,
        fuelLeft: UInt64 = 5, payloadOffset: Int32 = 0, payloadSize: UInt32 = 0
    ) -> String {
        """
        movl $\(fault), \(record) + \(VerdictRecord.fault)
        movq $\(result), \(record) + \(VerdictRecord.result)
        movl $0, \(record) + \(VerdictRecord.instruction)
        movl $\(UInt32(truncatingIfNeeded: fuelLeft)), \(record) + \(VerdictRecord.fuelLeft)
        movl $\(UInt32(truncatingIfNeeded: fuelLeft >> 32)), \(record) + \(VerdictRecord.fuelLeft + 4)
        movl $\(payloadOffset), \(record) + \(VerdictRecord.payloadOffset)
        movl $\(payloadSize), \(record) + \(VerdictRecord.payloadSize)
        mfence
        movl $\(sequence), \(record) + \(VerdictRecord.sequence)

        """
    }

    /// Polls for ever.
    package static let idle = "8: pause\njmp 8b\n"

    /// An image of this text, which starts at `_start`.
    package static func assembled(_ text: String) throws -> [UInt8] {
        try withTemporaryFolder { folder in
            let source = folder.appendingPathComponent("image.s")
            let object = folder.appendingPathComponent("image.o").path
            let linked = folder.appendingPathComponent("image.elf").path
            let flat = folder.appendingPathComponent("image.bin")
            try "\(try symbols)\(start)\(text)\n".write(to: source, atomically: false, encoding: .utf8)
            let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Images/cell.ld")
                .standardized
            try ToolchainFolder.run(
                ToolchainFolder.tool("clang"),
                ["--target=x86_64-unknown-none-elf", "-mavx2", "-c", source.path, "-o", object])
            try ToolchainFolder.run(
                ToolchainFolder.tool("ld.lld"),
                ["-T", script.path, "-static", "-z", "separate-code", "-o", linked, object])
            try ToolchainFolder.run(ToolchainFolder.tool("llvm-objcopy"), ["-O", "binary", linked, flat.path])
            return try Array(Data(contentsOf: flat))
        }
    }

    /// Nothing here is called by compiled programs, but every image says where they may call it.
    private static let start = """
        .section ".text.boot","ax"
        .globl _start, cell_native_helper, cell_native_fault
        _start:
        cell_native_helper:
        cell_native_fault:

        """

    /// The addresses that attacks name.
    private static var symbols: String {
        get throws {
            let boot = try boot
            let geometry = boot.geometry
            let first = boot.initialSequence &+ 1
            let values: [(String, UInt64)] = [
                ("IMAGE", AddressMap.image), ("PROGRAM", AddressMap.program), ("HOST_WORDS", AddressMap.hostWords),
                ("PAGE_TABLES", AddressMap.pageTables), ("CHANNEL", AddressMap.channel),
                ("CHANNEL_SIZE", geometry.size), ("PRIVATE", AddressMap.privateMemory),
                ("PRIVATE_SIZE", AddressMap.privateSize), ("MAPS", AddressMap.maps), ("DOORBELL", AddressMap.doorbell),
                ("PARK", Doorbell.park), ("WAKE_HOST", Doorbell.wakeHost),
                ("WAKE_GENERATION", HostWords.wakeGeneration), ("PARK_EPOCH", HostWords.parkEpoch),
                ("STATE", CellWords.state), ("PARKED", CellWords.parked), ("LOG_DROPPED", CellWords.logDropped),
                ("FIRST_SEQUENCE", UInt64(first)), ("FIRST_SLOT", geometry.slot(first)),
                ("FIRST_PAYLOAD", geometry.slot(first) + EventSlot.payload),
                ("FIRST_VERDICT", geometry.verdict(first)), ("FIRST_LOG", geometry.log(first)),
                ("SECOND_VERDICT", geometry.verdict(first &+ 1)),
            ]
            return values.map { ".set \($0), 0x\(String($1, radix: 16))\n" }.joined()
        }
    }
}
