import CellTesting
import Channel
import Enclosure
import TestSupport
import Testing
import Virtualization

/// What code that a cell runs can do to what is outside the cell: each attack comes from inside a real guest, or a real child,
/// started the way every one is, and is written in assembly, so that nothing of the sound image stands in its way.
///
/// After each attack a fresh cell of the same jail works, and the maps hold what they held.
@Suite("Attacks from inside a cell", .serialized)
struct BoundaryTests {
    @Test("attacks come from inside guests too", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func guests() { #expect(EnclosureKind.testable.contains(.guest)) }
}

extension CellFailure {
    /// What the processor refused: a guest shuts down of it, a child gets the signal that belongs to it.
    var processorFault: Fault? {
        switch self {
        case .ended(.fault(let fault)): fault
        case .ended(.signal(let signal, let fault)): signal == Self.signal(of: fault.vector) ? fault : nil
        case .ended, .channel, .deadlineExceeded, .processDied, .refusedBootRecord: nil
        }
    }

    /// The signal that Linux makes of an exception (arch/x86/kernel/traps.c).
    private static func signal(of vector: UInt8?) -> Int32? {
        switch vector {
        case 0: 8  // SIGFPE
        case 1, 3: 5  // SIGTRAP
        case 6: 4  // SIGILL
        case 13, 14: 11  // SIGSEGV
        case _: nil
        }
    }
}

/// An attack, and the report that the broker must get of it.
struct Attack: CustomStringConvertible {
    /// The first instruction is the one that is reported.
    var code: String
    var preparation = ""
    var expected: (CellFailure) -> Bool

    var description: String { "\(preparation.isEmpty ? "" : preparation + "; ")\(code)" }

    /// The processor stops it: the exception's number, where, and for a page fault on which address and why.
    static func fault(
        _ code: String, after preparation: String = "", vector: UInt8,
        at instruction: UInt64 = HostileImage.attackAddress,
        address: UInt64? = nil, errorCode: UInt32? = nil
    ) -> Attack {
        Attack(code: code, preparation: preparation) { failure in
            guard let fault = failure.processorFault else { return false }
            return fault.vector == vector && fault.instruction == instruction
                && (address == nil || fault.address == address)
                && fault.has(errorCode, in: failure)
        }
    }

    /// A load or store through `rax`, which holds `address`, is a page fault there.
    static func pageFault(_ access: String, _ address: UInt64, errorCode: UInt32) -> Attack {
        fault(
            access, after: "movabsq $0x\(String(address, radix: 16)), %rax", vector: 14, address: address,
            errorCode: errorCode)
    }
}

extension Fault {
    /// Whether the processor gave this reason. A process's pages are put into its page tables as it touches them, and of the kernel's
    /// half it is told that they are there: so what a child sees says nothing by the bit "present".
    func has(_ errorCode: UInt32?, in end: CellFailure) -> Bool {
        guard let errorCode, vector == 14 else { return errorCode == nil || errorCode == self.errorCode }
        if case .ended(.signal) = end { return self.errorCode | PageFault.present == errorCode | PageFault.present }
        return self.errorCode == errorCode
    }
}

/// The bits of a page fault's error code (SDM volume 3, section 4.7).
enum PageFault {
    static let present: UInt32 = 1
    static let write: UInt32 = 2
    static let user: UInt32 = 4
    static let fetch: UInt32 = 16
}

/// Makes each attack in a cell of its own, and then sees whether the world outside is as it was.
func expectContained(
    in kind: EnclosureKind, _ attacks: [Attack], sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var arena = try Arena(kind)
    for attack in attacks {
        let image = try HostileImage.attacking(attack.code, preparation: attack.preparation)
        let failure = try arena.failure(of: image)
        #expect(
            failure.map(attack.expected) == true, "\(attack): \(failure.map { "\($0)" } ?? "no failure")",
            sourceLocation: sourceLocation)
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness, "\(attack)", sourceLocation: sourceLocation)
    }
}
