package import Channel

/// The guest's page tables: what of guest-physical memory a cell can reach, and how (SDM volume 3, section 4.5).
///
/// Virtual and guest-physical addresses are equal. The tables themselves lie in guest-physical memory that no entry maps.
/// Accessed and dirty bits are set beforehand, so the processor has no reason to write a table.
package struct PageTables: ~Copyable {
    /// What a page allows, beside reading.
    package enum Access {
        case execute, readOnly, write
    }

    private let memory: CellMemory
    private var next: UInt64 = AddressMap.pageTables + AddressMap.pageSize

    /// The address for CR3.
    package static var root: UInt64 { AddressMap.pageTables }

    private static let present: UInt64 = 1 << 0
    private static let writable: UInt64 = 1 << 1
    private static let user: UInt64 = 1 << 2
    private static let accessed: UInt64 = 1 << 5
    private static let dirty: UInt64 = 1 << 6
    private static let large: UInt64 = 1 << 7
    private static let noExecute: UInt64 = 1 << 63
    private static let largePage: UInt64 = 1 << 21
    private static let addressBits: UInt64 = 0x000F_FFFF_FFFF_F000

    /// - Parameter memory: a window in which ``AddressMap/pageTables`` is mapped, writable and zero.
    package init(in memory: CellMemory) { self.memory = memory }

    /// Maps `start ..< start + size`, whole pages.
    package mutating func map(_ start: UInt64, size: UInt64, _ access: Access) {
        let end = start + roundedToPage(size)
        var address = start
        while address < end {
            let isLarge = address % Self.largePage == 0 && end - address >= Self.largePage
            let leaf = entry(for: address, level: isLarge ? 1 : 0)
            memory.store64(leaf, address | Self.bits(access) | (isLarge ? Self.large : 0))
            address += isLarge ? Self.largePage : AddressMap.pageSize
        }
    }

    private static func bits(_ access: Access) -> UInt64 {
        let common = present | user | accessed | dirty
        switch access {
        case .execute: return common
        case .readOnly: return common | noExecute
        case .write: return common | writable | noExecute
        }
    }

    /// The address of the table entry for `address` at `level` (0: 4 KiB pages, 1: 2 MiB pages), making tables on the way.
    private mutating func entry(for address: UInt64, level: Int) -> UInt64 {
        var table = Self.root
        var depth = 3
        while depth > level {
            let slot = table + (address >> UInt64(12 + 9 * depth) & 511) * 8
            var value = memory.load64(slot)
            if value & Self.present == 0 {
                precondition(
                    next < AddressMap.pageTables + AddressMap.pageTablesCapacity, "the page tables outgrew their room")
                value = next | Self.present | Self.writable | Self.user | Self.accessed
                memory.store64(slot, value)
                next += AddressMap.pageSize
            }
            table = value & Self.addressBits
            depth -= 1
        }
        return table + (address >> UInt64(12 + 9 * level) & 511) * 8
    }
}
