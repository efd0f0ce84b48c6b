/// A state that waits, or that others are compared with: it stays where it is while lists of them are sorted out.
final class Kept {
    let state: State
    /// Where in the history it goes on.
    var node: Int32
    /// Four bits for each register's kind.
    private let kinds: UInt64
    /// Those bits that a state which this one covers must have too.
    private let demanded: UInt64

    init(_ state: State) {
        self.state = state
        node = state.node
        var kinds: UInt64 = 0
        var demanded: UInt64 = 0
        for register in 0..<10 {
            let kind = state.registers[register].kind
            kinds |= UInt64(kind.rawValue & 15) << UInt64(register * 4)
            if kind != .unusable, kind != .tainted, !state.registers[register].isNullable {
                demanded |= 15 << UInt64(register * 4)
            }
        }
        self.kinds = kinds
        self.demanded = demanded
    }

    func isCovered(by other: Kept, fixedBelow: UInt32) -> Bool {
        (kinds ^ other.kinds) & other.demanded == 0 && state.cells.count >= other.state.cells.count
            && state.isCovered(by: other.state, fixedBelow: fixedBelow)
    }
}
