import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    private static func stray(_ code: String, _ offset: UInt64, isWrite: Bool) -> Attack {
        let address = AddressMap.doorbell + offset
        return Attack(code: code, preparation: "movl $0x\(String(address, radix: 16)), %eax") { failure in
            guard case .ended(.strayAccess(address, isWrite, _?)) = failure else { return false }
            return true
        }
    }

    @Test(
        "a store elsewhere on the doorbell's page ends the cell, and the report names the address",
        arguments: EnclosureKind.testable)
    func strayStore(in kind: EnclosureKind) throws {
        let offsets: [UInt64] = [1, 2, 4, 7, 9, 12, 16, 20, 64, 256, 0x7FC, 0x800, 0xFF8, 0xFFC]
        try expectContained(in: kind, offsets.map { Self.stray("movl $1, (%rax)", $0, isWrite: true) })
    }

    @Test("a store of another width to the doorbell ends the cell", arguments: EnclosureKind.testable)
    func strayWidth(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [0, 8].flatMap { offset in
                ["movb $1, (%rax)", "movw $1, (%rax)", "movq $1, (%rax)"].map { Self.stray($0, offset, isWrite: true) }
            })
    }

    @Test("a load from the doorbell's page ends the cell", arguments: EnclosureKind.testable)
    func strayLoad(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [0, 8, 16, 0xFFC].map { Self.stray("movl (%rax), %ecx", $0, isWrite: false) }
                + [
                    Self.stray("movb (%rax), %cl", 0, isWrite: false),
                    // A guest's load leaves it before the store; a process's access is one that writes.
                    Self.stray("lock incl (%rax)", 0, isWrite: kind == .child),
                ])
    }
}
