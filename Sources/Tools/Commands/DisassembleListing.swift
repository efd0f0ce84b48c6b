internal import Bytecode
internal import BytecodeText
package import CommandSupport
package import ProgramPackage

/// What `ringfence disassemble` prints: linked programs in LLVM's syntax, a label for each function, the source lines
/// between.
package struct DisassembleListing: Encodable, Sendable {
    package struct ProgramListing: Encodable, Sendable {
        package var name: String
        package var section: String
        package var lines: [Line]
    }

    package struct Line: Encodable, Sendable {
        /// The slot that the instruction begins at.
        package var slot: Int
        /// The function that begins here.
        package var function: String?
        package var source: Source?
        /// The bytes of the instruction's slots, as hexadecimal text in the order of the file.
        package var bytes: String
        package var text: String
        /// The map or function that the instruction refers to.
        package var reference: String?
        /// Why the slot is no instruction.
        package var refusal: String?
    }

    package struct Source: Encodable, Sendable {
        package var file: String
        package var line: UInt32
        package var column: UInt32
        package var text: String
    }

    package var programs: [ProgramListing]

    /// - Parameter section: only the programs of this section; nil for all.
    package init(_ package: ObjectPackage, section: String? = nil) {
        programs = package.programs.filter { section == nil || $0.section == section }.map { program in
            ProgramListing(name: program.name, section: program.section, lines: Self.lines(of: program, in: package))
        }
    }

    private static func lines(of program: Program, in package: ObjectPackage) -> [Line] {
        let functions = Dictionary(
            program.functions.map { ($0.start, $0.name) }, uniquingKeysWith: { first, _ in first })
        let sources = Dictionary(program.lines.map { ($0.instruction, $0) }, uniquingKeysWith: { first, _ in first })
        // A package that was parsed has no other references; one that was not shows none.
        let references = Dictionary(
            ((try? program.references(to: package.maps)) ?? []).map { ($0.slot, $0.reference) },
            uniquingKeysWith: { first, _ in first })
        let symbol: (Int) -> String? = { slot in Self.symbol(slot, program.functions) }

        return Disassembler().listing(program.code, symbol: symbol).map { line in
            var reference: String?
            switch references[line.index] {
            case .map(let index): reference = "map \(package.maps[index].name)"
            case .mapValue(let index, let offset): reference = "\(package.maps[index].name) + \(offset)"
            case .code(let slot): reference = symbol(slot)
            case nil: break
            }
            let slots = program.code[line.index..<min(line.index + line.slotCount, program.code.count)]
            return Line(
                slot: line.index, function: functions[line.index],
                source: sources[line.index].map {
                    Source(file: $0.file, line: $0.line, column: $0.column, text: $0.text)
                },
                bytes: slots.flatMap { slot in
                    (0..<8).map { hex(UInt8(truncatingIfNeeded: slot.bits >> (8 * UInt64($0)))) }
                }
                .joined(separator: " "),
                text: line.text, reference: reference, refusal: line.refusal.map { "\($0)" })
        }
    }

    /// The function that a slot is in, and how far, the way that objdump writes it.
    private static func symbol(_ slot: Int, _ functions: [FunctionRange]) -> String? {
        guard let function = functions.last(where: { $0.start <= slot }) else { return nil }
        let distance = (slot - function.start) * 8
        return distance == 0 ? function.name : "\(function.name)+0x\(String(distance, radix: 16))"
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// For people: as `llvm-objdump -d -S` prints it.
    package func text(for terminal: Terminal = .none) -> String {
        var text = ""
        for program in programs {
            if !text.isEmpty { text += "\n" }
            text += "Program \(Printable.text(program.name)), section \(Printable.text(program.section)):\n"
            var lastSource: (String, UInt32)?
            for line in program.lines {
                if let function = line.function {
                    let address = String(line.slot * 8, radix: 16)
                    let label = String(repeating: "0", count: max(0, 16 - address.count)) + address
                    text += "\n" + terminal.toned("\(label) <\(Printable.text(function))>:", .strong) + "\n"
                    lastSource = nil
                }
                if let source = line.source, !source.text.isEmpty,
                    lastSource.map({ $0 != (source.file, source.line) }) ?? true
                {
                    let tabless = source.text.split(separator: "\t", omittingEmptySubsequences: false).joined(
                        separator: "    ")
                    text += terminal.toned("; \(Printable.text(tabless, limit: 400))", .faint) + "\n"
                    lastSource = (source.file, source.line)
                }
                let index = String(line.slot)
                text += String(repeating: " ", count: max(0, 8 - index.count)) + index + ":\t" + line.bytes + "\t"
                // The text holds the name of a function, which is the object's to choose.
                text += Printable.text(line.text, limit: 400)
                if let reference = line.reference {
                    text += "  " + terminal.toned("; \(Printable.text(reference))", .faint)
                }
                if let refusal = line.refusal { text += "  " + terminal.toned("; \(Printable.text(refusal))", .bad) }
                text += "\n"
            }
        }
        return text
    }
}
