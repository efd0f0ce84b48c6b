package import Bytecode

/// Calls that stand for what an object was compiled to use and is not here. No helper has these numbers (they are libbpf's), so a program
/// with one is safe only where the verifier finds that no run comes to it: where the object looked before.
package enum AbsentCall: Int32, CaseIterable, Sendable {
    /// A kernel's function, declared weak.
    case function = 2_002_000_000
    /// A field, a type or an enumerator that the types a program was made to fit do not have.
    case type = 195_896_080

    package var slot: Slot {
        Slot(opcode: 0x85, destination: 0, source: 0, offset: 0, immediate: rawValue)
    }
}
