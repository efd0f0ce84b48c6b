import CellTesting
import Channel
import Enclosure
import Testing

extension BoundaryTests {
    @Test(
        "the program region and the host's words cannot be written: not the fuel, not a descriptor, not a generation",
        arguments: EnclosureKind.testable)
    func writeReadOnlyRegions(in kind: EnclosureKind) throws {
        let why = PageFault.present | PageFault.write | PageFault.user
        let addresses = [
            AddressMap.program, AddressMap.program + 48, AddressMap.program + BootRecord.capacity,
            HostWords.wakeGeneration, HostWords.parkEpoch, HostWords.logConsumed, HostWords.stopGeneration,
            HostWords.order,
            HostWords.cellGeneration,
        ]
        try expectContained(in: kind, addresses.map { .pageFault("movl $0x41414141, (%rax)", $0, errorCode: why) })
    }
}
