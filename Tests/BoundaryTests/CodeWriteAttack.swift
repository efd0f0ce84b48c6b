import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    @Test(
        "a store to the image's own code, header or constants is a page fault at the store",
        arguments: EnclosureKind.testable)
    func writeToCode(in kind: EnclosureKind) throws {
        let why = PageFault.present | PageFault.write | PageFault.user
        try expectContained(
            in: kind,
            [
                .pageFault("movb $0x90, (%rax)", HostileImage.attackAddress, errorCode: why),
                .pageFault("movl $0, (%rax)", HostileImage.text.lowerBound, errorCode: why),
                .pageFault("movb $0, (%rax)", HostileImage.text.upperBound - 1, errorCode: why),
                .pageFault("movq $0, (%rax)", AddressMap.image, errorCode: why),
                .pageFault("lock incl (%rax)", HostileImage.attackAddress, errorCode: why),
                .pageFault("movb $1, (%rax)" + Self.constants, HostileImage.constants, errorCode: why),
            ])
    }

    @Test("the image's constants cannot be executed", arguments: EnclosureKind.testable)
    func executeConstants(in kind: EnclosureKind) throws {
        let address = HostileImage.constants
        try expectContained(
            in: kind,
            [
                .fault(
                    "jmpq *%rax" + Self.constants, after: "movl $0x\(String(address, radix: 16)), %eax", vector: 14,
                    at: address,
                    address: address, errorCode: PageFault.present | PageFault.user | PageFault.fetch)
            ])
    }

    /// Gives the image constants.
    private static let constants = """

        .section .rodata,"a"
        .quad 0xcccccccccccccccc
        .section ".text.boot","ax"
        """
}
