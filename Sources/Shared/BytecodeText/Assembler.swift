package import Bytecode

/// Text to slots, in the syntax of the toolchain's assembler for `--target=bpf`.
///
/// Labels are `name:`, alone or before an instruction. A target is a label or a signed distance in slots. `call 7`
/// calls a helper, `call name` and `call +2` a function of the program. `.quad N` puts a raw slot, defined or not.
/// What a program must be as a whole is not checked here: tests assemble wrong programs too.
package struct Assembler: Sendable {
    private let templates: [Template]

    package init() {
        templates = Operation.allCases.filter { $0 != .wideImmediateTail }.map(Template.init)
    }

    package func assemble(_ source: String) throws(AssemblyError) -> [Slot] {
        var labels: [String: (index: Int, line: Int)] = [:]
        var statements: [Statement] = []
        var count = 0
        // Split by bytes: to a `String`, a carriage return and a line feed are one character.
        let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (offset, line) in lines.enumerated() {
            let number = offset + 1
            var tokens = try Lexer.tokens(ofLine: line, number: number)[...]
            while tokens.count >= 2, case .word(let name) = tokens.first?.kind,
                tokens[tokens.startIndex + 1].kind == .symbol(":")
            {
                if let first = labels[name] {
                    throw AssemblyError(
                        line: number, column: tokens[tokens.startIndex].column,
                        reason: .duplicateLabel(name, firstLine: first.line))
                }
                labels[name] = (count, number)
                tokens.removeFirst(2)
            }
            guard !tokens.isEmpty else { continue }
            let statement = try parse(Array(tokens), line: number, width: line.count)
            statements.append(statement)
            count += statement.slotCount
        }
        var slots: [Slot] = []
        slots.reserveCapacity(count)
        let places = labels.mapValues(\.index)
        for statement in statements {
            slots += try statement.slots(at: slots.count, labels: places)
        }
        return slots
    }

    /// The first template that accepts the whole line; otherwise what the ones that got furthest expected.
    private func parse(_ tokens: [Token], line: Int, width: Int) throws(AssemblyError) -> Statement {
        if tokens[0].kind == .word(".quad") { return try parseRaw(tokens, line: line, width: width) }
        var furthest = Mismatch(position: 0, expected: [])
        for template in templates {
            var match = Match(tokens: tokens, instruction: Instruction(template.operation))
            do throws(Mismatch) {
                try match.read(template)
                return Statement(
                    line: line, column: tokens[0].column, content: .instruction(match.instruction, match.target))
            } catch {
                furthest.merge(error)
            }
        }
        let column = furthest.position < tokens.count ? tokens[furthest.position].column : width + 1
        if furthest.position == 0 {
            throw AssemblyError(line: line, column: column, reason: .expected(["an instruction"]))
        }
        throw AssemblyError(line: line, column: column, reason: .expected(furthest.expected.map(\.text)))
    }

    private func parseRaw(_ tokens: [Token], line: Int, width: Int) throws(AssemblyError) -> Statement {
        guard tokens.count >= 2, case .number(let bits) = tokens[1].kind else {
            let column = tokens.count >= 2 ? tokens[1].column : width + 1
            throw AssemblyError(line: line, column: column, reason: .expected(["an unsigned 64-bit number"]))
        }
        guard tokens.count == 2 else {
            throw AssemblyError(line: line, column: tokens[2].column, reason: .expected(["the end of the line"]))
        }
        return Statement(line: line, column: tokens[0].column, content: .raw(Slot(bits: bits)))
    }
}

/// One line of a program whose labels are not known yet.
private struct Statement {
    enum Content {
        case raw(Slot)
        case instruction(Instruction, Target?)
    }

    var line: Int
    var column: Int
    var content: Content

    var slotCount: Int {
        switch content {
        case .raw: 1
        case .instruction(let instruction, _): instruction.operation.encoding.occupiesTwoSlots ? 2 : 1
        }
    }

    func slots(at index: Int, labels: [String: Int]) throws(AssemblyError) -> [Slot] {
        switch content {
        case .raw(let slot): return [slot]
        case .instruction(var instruction, let target):
            var targetColumn = column
            if let target {
                targetColumn = target.column
                let absolute: Int
                switch target.place {
                case .distance(let distance): absolute = index + 1 + distance
                case .label(let name):
                    guard let place = labels[name] else {
                        throw AssemblyError(line: line, column: target.column, reason: .undefinedLabel(name))
                    }
                    absolute = place
                }
                guard let offset = Int32(exactly: absolute) else {
                    throw AssemblyError(
                        line: line, column: target.column, reason: .targetTooFar(distance: absolute - index - 1))
                }
                instruction.offset = offset
            }
            do throws(EncodeError) {
                let (first, second) = try instruction.slots(at: index)
                return second.map { [first, $0] } ?? [first]
            } catch {
                switch error {
                case .targetTooFar(_, let distance):
                    throw AssemblyError(line: line, column: targetColumn, reason: .targetTooFar(distance: distance))
                // Numbers were checked against their ranges as they were read, so what is left is a register.
                case .unrepresentable, .unpairedWideImmediate:
                    throw AssemblyError(line: line, column: column, reason: .writeToFramePointer)
                }
            }
        }
    }
}
