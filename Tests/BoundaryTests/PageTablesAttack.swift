import CellTesting
import Channel
import Enclosure
import Testing
import Virtualization

extension BoundaryTests {
    @Test("the page tables are at no address that a cell has", arguments: EnclosureKind.testable)
    func pageTables(in kind: EnclosureKind) throws {
        let addresses = [
            PageTables.root, PageTables.root + 8, PageTables.root + AddressMap.pageSize,
            AddressMap.pageTables + AddressMap.pageTablesCapacity - 8,
        ]
        try expectContained(
            in: kind,
            addresses.flatMap {
                [
                    Attack.pageFault("movq (%rax), %rcx", $0, errorCode: PageFault.user),
                    Attack.pageFault("movq $0x1ff007, (%rax)", $0, errorCode: PageFault.user | PageFault.write),
                ]
            })
    }
}
