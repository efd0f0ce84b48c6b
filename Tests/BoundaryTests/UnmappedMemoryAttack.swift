import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    /// Beside every region, between them, and beyond the window.
    static let unmapped: [UInt64] = [
        AddressMap.image - 1, HostileImage.text.upperBound, AddressMap.program - 8, AddressMap.program + 0x1000,
        AddressMap.hostWords - 8, AddressMap.hostWords + 4096, AddressMap.channel - 8, AddressMap.channel + 0x7000,
        AddressMap.privateMemory - 8, AddressMap.privateMemory + AddressMap.privateSize, AddressMap.maps - 8,
        AddressMap.maps + 0x2000, AddressMap.doorbell - 8, AddressMap.doorbell + 4096, 0xFEE0_0000, 0xFFFF_FFF8,
        0x1_0000_0000, 0x7FFF_FFFF_F000, 0xFFFF_FFFF_8000_0000,
    ]

    @Test(
        "a load from where nothing is mapped is a page fault that names the address", arguments: EnclosureKind.testable)
    func readUnmapped(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind, Self.unmapped.map { .pageFault("movb (%rax), %cl", $0, errorCode: PageFault.user) })
    }

    @Test(
        "a store to where nothing is mapped is a page fault that names the address", arguments: EnclosureKind.testable)
    func writeUnmapped(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            Self.unmapped.map { .pageFault("movb $1, (%rax)", $0, errorCode: PageFault.user | PageFault.write) })
    }

    @Test("page 0 cannot be read, written or executed", arguments: EnclosureKind.testable)
    func pageZero(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [
                .pageFault("movb (%rax), %cl", 0, errorCode: PageFault.user),
                .pageFault("movq $1, (%rax)", 0, errorCode: PageFault.user | PageFault.write),
                .pageFault("movb (%rax), %cl", 4095, errorCode: PageFault.user),
                .fault(
                    "jmpq *%rax", after: "xorl %eax, %eax", vector: 14, at: 0, address: 0,
                    errorCode: PageFault.user | PageFault.fetch),
            ])
    }

    @Test("an address that is not canonical is a general-protection fault", arguments: EnclosureKind.testable)
    func notCanonical(in kind: EnclosureKind) throws {
        try expectContained(
            in: kind,
            [
                .fault("movb (%rax), %cl", after: "movabsq $0x8000000000000000, %rax", vector: 13, errorCode: 0),
                .fault("movb $1, (%rax)", after: "movabsq $0x0001000000000000, %rax", vector: 13, errorCode: 0),
            ])
    }
}
