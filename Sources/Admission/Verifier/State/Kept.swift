/// A state that waits, or that others are compared with: it stays where it is while lists of them are sorted out.
///
/// Most comparisons end at something simple, so what is simple lies apart: kinds, constants, counts.
final class Kept {
    let state: State
    /// Where in the history it goes on.
    var node: Int32
    let sketch: Sketch
    /// Registers that are known numbers, a bit each, and the numbers.
    private let knownRegisters: UInt16
    private let numbers: [10 of UInt64]
    /// Cells that are known numbers.
    private let knownCells: [KnownCell]

    /// The least that must fit for one state to cover another, small enough to be compared with hundreds.
    struct Sketch {
        /// Four bits for each register's kind.
        fileprivate(set) var kinds: UInt64 = 0
        /// Those bits that a state which this one covers must have too.
        fileprivate(set) var demanded: UInt64 = 0
        /// How many values are known numbers, and a hash of where and which.
        fileprivate(set) var knownHash: UInt64 = 0xCBF2_9CE4_8422_2325
        fileprivate(set) var knownCount: Int32 = 0
        fileprivate(set) var cellCount: Int32 = 0
        fileprivate(set) var packetMinimum: UInt32 = 0

        /// False: it cannot be. What the wider state knows the narrower must know too; as many known numbers are the same ones.
        @inline(__always) func mayBeCovered(by other: Sketch) -> Bool {
            (kinds ^ other.kinds) & other.demanded == 0 && packetMinimum >= other.packetMinimum
                && cellCount >= other.cellCount
                && (knownCount > other.knownCount || knownCount == other.knownCount && knownHash == other.knownHash)
        }

        fileprivate mutating func addKnown(_ place: UInt64, _ number: UInt64) {
            knownCount &+= 1
            knownHash = (knownHash ^ place) &* 0x0000_0100_0000_01B3
            knownHash = (knownHash ^ number) &* 0x9E37_79B9_7F4A_7C15
            knownHash ^= knownHash >> 29
        }
    }

    private struct KnownCell {
        var key: UInt32
        var number: UInt64
    }

    init(_ state: State) {
        self.state = state
        node = state.node
        var sketch = Sketch()
        sketch.packetMinimum = state.packetMinimum
        sketch.cellCount = Int32(truncatingIfNeeded: state.cells.count { $0.value.kind != .unusable })
        var known: UInt16 = 0
        var numbers = [10 of UInt64](repeating: 0)
        for register in 0..<10 {
            let kind = state.registers[register].kind
            sketch.kinds |= UInt64(kind.rawValue & 15) << UInt64(register * 4)
            if kind != .unusable, kind != .tainted, !state.registers[register].isNullable {
                sketch.demanded |= 15 << UInt64(register * 4)
            }
            if kind == .scalar, let number = state.registers[register].number.constant {
                known |= 1 << UInt16(register)
                numbers[register] = number
                sketch.addKnown(UInt64(register), number)
            }
        }
        knownRegisters = known
        self.numbers = numbers
        var cells: [KnownCell] = []
        for index in state.cells.indices where state.cells[index].value.kind == .scalar {
            if let number = state.cells[index].value.number.constant {
                cells.append(KnownCell(key: state.cells[index].key, number: number))
                sketch.addKnown(UInt64(state.cells[index].key) | 1 << 63, number)
            }
        }
        knownCells = cells
        self.sketch = sketch
    }

    func isCovered(by other: Kept, fixedBelow: UInt32) -> Bool {
        guard sketch.mayBeCovered(by: other.sketch),
            knownRegisters & other.knownRegisters == other.knownRegisters
        else { return false }
        var registers = other.knownRegisters
        while registers != 0 {
            let register = registers.trailingZeroBitCount
            if numbers[register] != other.numbers[register] { return false }
            registers &= registers - 1
        }
        var index = 0
        for cell in other.knownCells {
            while index < knownCells.count, knownCells[index].key < cell.key { index += 1 }
            guard index < knownCells.count, knownCells[index].key == cell.key, knownCells[index].number == cell.number
            else { return false }
        }
        return state.isCovered(by: other.state, fixedBelow: fixedBelow)
    }
}
