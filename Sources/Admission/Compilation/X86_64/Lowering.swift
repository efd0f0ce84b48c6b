internal import Bytecode
internal import Channel
internal import ProgramPackage

/// Makes x86-64 of a program, an instruction at a time, in order.
///
/// Each register of the program has a register of the machine for itself (``Register/init(ofProgram:)``), so nothing is spilled
/// and nothing allocated; R9, R10 and R11 are scratch, R12 is fuel. What is rarely done is outlined: it lies behind the rest.
struct Lowering: ~Copyable {
    let program: Compilation.Program
    let options: Compilation.Options
    let target: Compilation.Target
    var assembler: Assembler
    var layout: Layout
    var labels: Labels
    var outlined: [Outlined] = []
    /// Instructions since fuel was last paid.
    var unpaid: Int32 = 0
    /// What the zero flag says.
    var flags = Flags.unknown
    var random: UInt64
    var hasTailCall = false
    /// Where tail calls find the program that goes on.
    var dispatcher: Int32?

    init(_ program: Compilation.Program, _ options: Compilation.Options, _ target: Compilation.Target) {
        let count = program.code.count
        self.program = program
        self.options = options
        self.target = target
        assembler = Assembler(capacity: 6 * count + 64)
        layout = Layout(start: target.codeStart, helper: target.helper, fault: target.fault, capacity: count / 3 + 4)
        labels = Labels(instructions: count)
        random = (options.blindingSeed ?? 0) | 1
    }

    consuming func compile(
        _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) throws(CompilationError) -> CompiledProgram {
        clearEntryRegisters(notes.liveBefore(0))
        clearTailCalls()
        let templates = Template.table
        let operands = Operand.ofProgram
        var index = 0
        while UInt(bitPattern: index) < UInt(bitPattern: code.count) {
            let effects = notes.effects(index)
            if effects.intersection([.isReachable, .isTarget]) != .isReachable {
                guard effects.contains(.isReachable) else {
                    mark(index)
                    index &+= 1
                    continue
                }
                beginTarget(index, isLoopHead: effects.contains(.isLoopHead))
            }
            mark(index)
            unpaid &+= 1
            let instruction = code[index]
            let template = templates[instruction.operation]
            let slots = lower(instruction, template, operands, at: index, code, notes)
            if slots == 2 { mark(index &+ 1) }
            index &+= slots
        }
        emitOutlined(notes)
        emitDispatcher(notes)

        let placed = layout.place(assembler.buffer, &labels)
        guard placed.count <= Int(AddressMap.codeCapacity) else {
            throw .codeTooLarge(bytes: placed.count, limit: Int(AddressMap.codeCapacity))
        }
        let pieces = outlined.map {
            CodeMap.Piece(offset: labels[Int($0.label)], instruction: UInt32($0.instruction))
        }
        let map = CodeMap(starts: labels.instructions(code.count), outlined: pieces, size: UInt32(placed.count))
        return CompiledProgram(bytes: placed.bytes, map: map)
    }

    /// The instruction begins where the next byte will lie at most.
    @inline(__always) private mutating func mark(_ index: Int) {
        labels[index] = UInt32(truncatingIfNeeded: assembler.count) &+ layout.slack
    }

    /// No register that a program could read before it wrote it holds what the image left there. Only those are cleared.
    private mutating func clearEntryRegisters(_ live: UInt16) {
        // R1 and R2 are arguments, R10 is the frame.
        for register: UInt8 in [0, 3, 4, 5, 6, 7, 8, 9] where live & 1 << UInt16(register) != 0 {
            clear(Register(ofProgram: register))
        }
    }

    /// Control may come from elsewhere: what was known is not.
    private mutating func beginTarget(_ index: Int, isLoopHead: Bool) {
        payFuel()
        flags = .unknown
        if isLoopHead { layout.add(.loopHead, at: assembler.count, begun: index) }
    }

    /// One instruction, or two that are one to the machine; says how many slots they take.
    @inline(__always) private mutating func lower(
        _ instruction: Instruction, _ template: Template, _ operands: ByteTable<Operand>, at index: Int,
        _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> Int {
        // Computed where they are asked for: not every kind does.
        var destination: Operand { @inline(__always) get { operands[instruction.destination] } }
        var source: Operand { @inline(__always) get { operands[instruction.source] } }
        var d: Register { @inline(__always) get { Register(ofProgram: instruction.destination) } }
        var s: Register { @inline(__always) get { Register(ofProgram: instruction.source) } }
        var immediate: Int32 { @inline(__always) get { Int32(truncatingIfNeeded: instruction.immediate) } }

        switch template.kind {
        case .arithmetic:
            assembler.emit(plain: template.stencil, source, rm: destination)
            flagsShow(instruction, template.width, index)
        case .arithmeticImmediate:
            arithmetic(template.stencil, template.other, template.width, destination, immediate, instruction, index)
        case .maskImmediate:
            let isNarrow = immediate >= 0
            arithmetic(
                template.stencil.narrowed(if: isNarrow), template.other.narrowed(if: isNarrow),
                isNarrow ? .bits32 : .bits64, destination, immediate, instruction, index)
        case .copy: assembler.emit(template.stencil, destination, rm: source)
        case .widen: assembler.emit(template.stencil, destination, rm: destination)
        case .move: return move(destination, source, template.stencil, at: index, code, notes)
        case .moveImmediate64: constant(d, UInt64(bitPattern: instruction.immediate))
        case .moveImmediate32: constant(d, UInt64(UInt32(bitPattern: immediate)))
        case .multiplyImmediate: multiply(template.width, d, immediate)
        case .divide:
            let known = constant(in: instruction.source, before: index, code, notes)
            divide(template.division, template.width, d, s, known, notes.liveBefore(index + 1), index)
        case .divideImmediate:
            divide(template.division, template.width, d, immediate, notes.liveBefore(index + 1), index)
        case .negate:
            assembler.emit(plain: template.stencil, nil, rm: destination)
            flagsShow(instruction, template.width, index)
        case .shift:
            if let count = constant(in: instruction.source, before: index, code, notes) {
                shift(by: count, template, destination)
            } else {
                shift(template.stencil, template.width, d, s, notes.liveBefore(index + 1))
            }
        case .shiftImmediate64:
            assembler.emit(plain: template.stencil, rm: destination, byte: UInt8(truncatingIfNeeded: immediate & 63))
        case .shiftImmediate32: shift32(template.stencil, destination, immediate)
        case .swap: assembler.emit(template.stencil, inOpcode: destination)
        case .swap16:
            assembler.emit(.rotateImmediate16, .bits32, rm: d, immediate: 8)
            assembler.emit(.loadZero16, .bits32, d, rm: d)
        case .nothing: break

        case .jump: jump(instruction, at: index, notes)
        case .branch:
            payForBranch(instruction, index)
            if hasOneWay(instruction, index, notes) { break }
            assembler.emit(plain: template.stencil, source, rm: destination)
            branch(template.condition, instruction, index)
        case .branchImmediate: branch(template, destination, immediate, instruction, index, notes)
        case .branchIfSet:
            payForBranch(instruction, index)
            if hasOneWay(instruction, index, notes) { break }
            assembler.emit(plain: template.stencil, source, rm: destination)
            branch(Condition.notEqual.rawValue, instruction, index)
        case .branchIfSetImmediate: branchIfSet(template.width, d, immediate, instruction, index, notes)

        case .load: assembler.emit(plain: template.stencil, destination, source, instruction.offset)
        case .loadNarrow: assembler.emit(template.stencil, destination.asRegister, source, instruction.offset)
        case .store: assembler.emit(plain: template.stencil, source, destination, instruction.offset)
        case .storeNarrow: assembler.emit(template.stencil, source.asRegister, destination, instruction.offset)
        case .storeImmediate: store(template, destination, instruction.offset, immediate)

        case .callHelper: callHelper(instruction.immediate, at: index, notes.liveBefore(index + 1), code, notes)
        case .callLocal: callLocal(instruction, at: index, notes.liveBefore(index + 1))
        case .exit:
            payFuel(checkedAt: index)
            assembler.emit(.return)

        case .loadImmediate:
            constant(d, UInt64(bitPattern: instruction.immediate))
            return 2
        case .loadMap:
            loadMap(d, UInt64(UInt32(truncatingIfNeeded: instruction.immediate)))
            return 2
        case .loadMapValue:
            loadMapValue(d, UInt64(bitPattern: instruction.immediate), at: index)
            return 2
        case .invalid: fault(.invalidInstruction, about: UInt64(bitPattern: instruction.immediate), at: index)

        case .atomic: atomic(template.stencil, template.width, d, s, instruction, index)
        // An exchange is always locked (SDM volume 3, section 9.1.2.1).
        case .exchange: atomic(template.stencil, template.width, d, s, instruction, index, locked: false)
        case .compareExchange32:
            atomic(template.stencil, .bits32, d, s, instruction, index)
            // Where it stores, the machine leaves the upper half of what it compared.
            assembler.emit(.load, .bits32, .rax, rm: .rax)
        case .fetching:
            fetching(template.stencil, template.width, d, s, instruction, index, notes.liveBefore(index + 1))
        }
        return 1
    }
}
