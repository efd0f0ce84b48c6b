import CellTesting
import Enclosure
import Glibc
import TestSupport
import Testing

/// The life of cells: made, run, stopped, reset, killed, replaced.
@Suite("The life of a cell", .serialized)
struct EnclosureTests {
    @Test("cells are tested in guests too", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func guests() { #expect(EnclosureKind.testable.contains(.guest)) }

    /// Returns the length of the payload that an event had: data_end - data of a context of two words.
    var program: String { "r0 = *(u32 *)(r1 + 4)\nexit" }

    func context(_ number: UInt8) -> [UInt8] { [0, 0, 0, 0, number, 0, 0, 0] }

    /// Lets a cell with ``program`` serve one event.
    func expectService(of cell: inout Cell, _ number: UInt8, sourceLocation: SourceLocation = #_sourceLocation) throws {
        cell.submit([], context: context(number))
        #expect(try cell.awaitVerdict().ending == .returned(UInt64(number)), sourceLocation: sourceLocation)
    }

    /// What the broker says of an event that is under way.
    func failure(of cell: inout Cell) -> CellFailure? {
        do throws(CellFailure) {
            _ = try cell.awaitVerdict()
            return nil
        } catch { return error }
    }

    func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
