/// A state that waits, or that others are compared with: it stays where it is while lists of them are sorted out.
///
/// Most comparisons end at something simple, so what is simple lies apart: kinds, constants, counts.
final class Kept {
    let state: State
    /// Where in the history it goes on.
    var node: Int32
    /// Four bits for each register's kind.
    private let kinds: UInt64
    /// Those bits that a state which this one covers must have too.
    private let demanded: UInt64
    /// Registers that are known numbers, a bit each, and the numbers.
    private let knownRegisters: UInt16
    private let numbers: [10 of UInt64]
    /// Cells that are known numbers.
    private let knownCells: [KnownCell]
    private let packetMinimum: UInt32
    private let cellCount: Int

    private struct KnownCell {
        var key: UInt32
        var number: UInt64
    }

    init(_ state: State) {
        self.state = state
        node = state.node
        packetMinimum = state.packetMinimum
        cellCount = state.cells.count
        var kinds: UInt64 = 0
        var demanded: UInt64 = 0
        var known: UInt16 = 0
        var numbers = [10 of UInt64](repeating: 0)
        for register in 0..<10 {
            let kind = state.registers[register].kind
            kinds |= UInt64(kind.rawValue & 15) << UInt64(register * 4)
            if kind != .unusable, kind != .tainted, !state.registers[register].isNullable {
                demanded |= 15 << UInt64(register * 4)
            }
            if kind == .scalar, let number = state.registers[register].number.constant {
                known |= 1 << UInt16(register)
                numbers[register] = number
            }
        }
        self.kinds = kinds
        self.demanded = demanded
        knownRegisters = known
        self.numbers = numbers
        var cells: [KnownCell] = []
        for index in state.cells.indices where state.cells[index].value.kind == .scalar {
            if let number = state.cells[index].value.number.constant {
                cells.append(KnownCell(key: state.cells[index].key, number: number))
            }
        }
        knownCells = cells
    }

    func isCovered(by other: Kept, fixedBelow: UInt32) -> Bool {
        guard (kinds ^ other.kinds) & other.demanded == 0, packetMinimum >= other.packetMinimum,
            cellCount >= other.cellCount, knownRegisters & other.knownRegisters == other.knownRegisters
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
