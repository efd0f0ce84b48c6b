internal import BytecodeText
package import ProgramPackage

/// Where each instruction of a program comes from, for people: source line, function, and the instruction itself.
package struct SourceMap: Sendable {
    /// A line of source, as the object's debug information has it.
    package struct Place: Encodable, Equatable, Sendable {
        package var file: String
        package var line: UInt32
        /// 1-based; 0 where unknown.
        package var column: UInt32
        package var text: String

        /// `count.bpf.c:17`: the file without its folders.
        package var short: String {
            "\(file.split(separator: "/").last.map(String.init) ?? file):\(line)"
        }
    }

    private let program: Program
    private let instructions: [Int: String]

    package init(of program: Program) {
        self.program = program
        let symbol: (Int) -> String? = { slot in program.functions.first { $0.start == slot }?.name }
        instructions = Dictionary(
            Disassembler().listing(program.code, symbol: symbol).map { line in
                // Distances are for machines: a person looks for the instruction's number.
                let target = line.target.flatMap { symbol($0) == nil ? " (to instruction \($0))" : nil }
                return (line.index, line.text + (target ?? ""))
            },
            uniquingKeysWith: { first, _ in first })
    }

    /// The function that an instruction is in.
    package func function(of instruction: Int) -> FunctionRange? {
        program.functions.last { $0.start <= instruction }
    }

    /// The line that an instruction was made from: the last one that begins at or before it in its function.
    package func place(of instruction: Int) -> Place? {
        guard let line = program.lines.last(where: { $0.instruction <= instruction }),
            line.instruction >= function(of: instruction)?.start ?? 0
        else { return nil }
        return Place(file: line.file, line: line.line, column: line.column, text: line.text)
    }

    /// In LLVM's syntax.
    package func text(of instruction: Int) -> String { instructions[instruction] ?? "<unknown>" }
}
