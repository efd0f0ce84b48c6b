import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    @Test(
        "what a cell can write it cannot execute, nor what it can only read",
        arguments: EnclosureKind.testable,
        [
            AddressMap.privateMemory, AddressMap.privateMemory + AddressMap.privateSize - 16, AddressMap.channel,
            AddressMap.channel + 0x1200, AddressMap.maps + 0x800, AddressMap.program, AddressMap.hostWords,
            AddressMap.image,
        ] as [UInt64])
    func executeData(in kind: EnclosureKind, address: UInt64) throws {
        let isWritable = address >= AddressMap.channel
        // Instructions that would end in a way of their own: a breakpoint.
        let plant = isWritable ? "movb $0xcc, (%rax)" : ""
        try expectContained(
            in: kind,
            [
                .fault(
                    "jmpq *%rax", after: "movl $0x\(String(address, radix: 16)), %eax\n\(plant)", vector: 14,
                    at: address,
                    address: address, errorCode: PageFault.present | PageFault.user | PageFault.fetch)
            ])
    }
}
