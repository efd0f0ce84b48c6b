import Bytecode
import ProgramPackage
import Prototypes

/// Programs of objects that were compiled against the headers of eBPF for Windows, where helpers have numbers of their own.
extension Program {
    /// Puts our numbers of helpers in the place of theirs.
    ///
    /// - Returns: why that cannot be done, for a person.
    mutating func takeWindowsNumbers() -> String? {
        let row = ProgramDescriptor.row(section: section)
        if let row, !row.isOfWindows {
            return
                "the object is one for eBPF for Windows, where the context of \(section) is another structure than Linux's"
        }
        for (index, slot) in code.enumerated() where slot.opcode == 0x85 && slot.source == 0 {
            let number = UInt32(bitPattern: slot.immediate)
            guard let ours = WindowsNumbers.helper(number, type: row?.linuxType) else {
                return "calls helper \(number), which eBPF for Windows does not have for programs of section \(section)"
            }
            code[index].immediate = Int32(bitPattern: ours)
        }
        return nil
    }
}
