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
    /// The map whose descriptor's address R1 is known to hold.
    var mapInArgument1: Int?
    /// The instruction before which the zero flag says whether the register that the last one wrote is 0.
    var flagsBefore = -1
    var flagsRegister: UInt8 = 0
    /// 32: the upper half is zero.
    var flagsWidth = Width.bits64
    var random: UInt64
    var hasTailCall = false
    /// Where tail calls find the program that goes on.
    var dispatcher: Int32?

    /// More bytes than any instruction becomes, what is outlined included.
    static let mostBytes = 160

    init(_ program: Compilation.Program, _ options: Compilation.Options, _ target: Compilation.Target) {
        let count = program.code.count
        self.program = program
        self.options = options
        self.target = target
        assembler = Assembler(capacity: 6 * count + Self.mostBytes)
        layout = Layout(start: target.codeStart, helper: target.helper, fault: target.fault, capacity: count / 3 + 4)
        labels = Labels(instructions: count)
        random = (options.blindingSeed ?? 0) | 1
    }

    consuming func compile(
        _ code: borrowing Span<Instruction>, _ notes: inout Notes
    ) throws(CompilationError) -> CompiledProgram {
        assembler.reserve(Self.mostBytes)
        clearEntryRegisters(notes.liveBefore(0))
        var index = 0
        while index < code.count {
            assembler.reserve(Self.mostBytes)
            let effects = notes.effects(index)
            if !effects.contains(.isReachable) {
                mark(index)
                index += 1
                continue
            }
            if effects.contains(.isTarget) { beginTarget(index, isLoopHead: effects.contains(.isLoopHead)) }
            mark(index)
            unpaid += 1
            let slots = lower(code[index], at: index, code, notes)
            if slots == 2 { mark(index + 1) }
            index += slots
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
        labels[index] = UInt32(truncatingIfNeeded: assembler.count) + layout.slack
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
        mapInArgument1 = nil
        flagsBefore = -1
        if isLoopHead { layout.add(.loopHead, at: assembler.count, begun: index) }
    }

    /// One instruction, or two that are one to the machine; says how many slots they take.
    @inline(__always) private mutating func lower(
        _ instruction: Instruction, at index: Int, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> Int {
        let d = Register(ofProgram: instruction.destination)
        let s = Register(ofProgram: instruction.source)
        let immediate = Int32(truncatingIfNeeded: instruction.immediate)
        let isArgument1 = instruction.destination == 1
        if isArgument1 { mapInArgument1 = nil }

        switch instruction.operation {
        case .add64Immediate: addImmediate(.bits64, d, immediate, instruction, index)
        case .add32Immediate: addImmediate(.bits32, d, immediate, instruction, index)
        case .sub64Immediate: subImmediate(.bits64, d, immediate, instruction, index)
        case .sub32Immediate: subImmediate(.bits32, d, immediate, instruction, index)
        case .or64Immediate: logical(.orImmediate, .orRegister, .bits64, d, immediate, instruction, index)
        case .or32Immediate: logical(.orImmediate, .orRegister, .bits32, d, immediate, instruction, index)
        case .and64Immediate:
            // The upper half becomes zero anyway.
            let width = immediate >= 0 ? Width.bits32 : .bits64
            logical(.andImmediate, .andRegister, width, d, immediate, instruction, index)
        case .and32Immediate: logical(.andImmediate, .andRegister, .bits32, d, immediate, instruction, index)
        case .xor64Immediate: logical(.xorImmediate, .xorRegister, .bits64, d, immediate, instruction, index)
        case .xor32Immediate: logical(.xorImmediate, .xorRegister, .bits32, d, immediate, instruction, index)
        case .add64Register: alu(.addRegister, .bits64, d, s, instruction, index)
        case .add32Register: alu(.addRegister, .bits32, d, s, instruction, index)
        case .sub64Register: alu(.subRegister, .bits64, d, s, instruction, index)
        case .sub32Register: alu(.subRegister, .bits32, d, s, instruction, index)
        case .or64Register: alu(.orRegister, .bits64, d, s, instruction, index)
        case .or32Register: alu(.orRegister, .bits32, d, s, instruction, index)
        case .and64Register: alu(.andRegister, .bits64, d, s, instruction, index)
        case .and32Register: alu(.andRegister, .bits32, d, s, instruction, index)
        case .xor64Register: alu(.xorRegister, .bits64, d, s, instruction, index)
        case .xor32Register: alu(.xorRegister, .bits32, d, s, instruction, index)
        case .mul64Register: assembler.emit(.multiply, .bits64, d, rm: s)
        case .mul32Register: assembler.emit(.multiply, .bits32, d, rm: s)
        case .mul64Immediate: multiply(.bits64, d, immediate)
        case .mul32Immediate: multiply(.bits32, d, immediate)
        case .div64Immediate: divide(.quotient, .bits64, d, immediate, notes.liveBefore(index + 1), index)
        case .div32Immediate: divide(.quotient, .bits32, d, immediate, notes.liveBefore(index + 1), index)
        case .mod64Immediate: divide(.remainder, .bits64, d, immediate, notes.liveBefore(index + 1), index)
        case .mod32Immediate: divide(.remainder, .bits32, d, immediate, notes.liveBefore(index + 1), index)
        case .sdiv64Immediate: divide(.signedQuotient, .bits64, d, immediate, notes.liveBefore(index + 1), index)
        case .sdiv32Immediate: divide(.signedQuotient, .bits32, d, immediate, notes.liveBefore(index + 1), index)
        case .smod64Immediate: divide(.signedRemainder, .bits64, d, immediate, notes.liveBefore(index + 1), index)
        case .smod32Immediate: divide(.signedRemainder, .bits32, d, immediate, notes.liveBefore(index + 1), index)
        case .div64Register: divide(.quotient, .bits64, d, s, notes.liveBefore(index + 1), index)
        case .div32Register: divide(.quotient, .bits32, d, s, notes.liveBefore(index + 1), index)
        case .mod64Register: divide(.remainder, .bits64, d, s, notes.liveBefore(index + 1), index)
        case .mod32Register: divide(.remainder, .bits32, d, s, notes.liveBefore(index + 1), index)
        case .sdiv64Register: divide(.signedQuotient, .bits64, d, s, notes.liveBefore(index + 1), index)
        case .sdiv32Register: divide(.signedQuotient, .bits32, d, s, notes.liveBefore(index + 1), index)
        case .smod64Register: divide(.signedRemainder, .bits64, d, s, notes.liveBefore(index + 1), index)
        case .smod32Register: divide(.signedRemainder, .bits32, d, s, notes.liveBefore(index + 1), index)
        case .lsh64Immediate: assembler.emit(.shiftLeftImmediate, .bits64, rm: d, immediate: immediate & 63)
        case .rsh64Immediate: assembler.emit(.shiftRightImmediate, .bits64, rm: d, immediate: immediate & 63)
        case .arsh64Immediate: assembler.emit(.shiftArithmeticImmediate, .bits64, rm: d, immediate: immediate & 63)
        case .lsh32Immediate: shift32(.shiftLeftImmediate, d, immediate)
        case .rsh32Immediate: shift32(.shiftRightImmediate, d, immediate)
        case .arsh32Immediate: shift32(.shiftArithmeticImmediate, d, immediate)
        case .lsh64Register: shift(.shiftLeft, .bits64, d, s, notes.liveBefore(index + 1))
        case .lsh32Register: shift(.shiftLeft, .bits32, d, s, notes.liveBefore(index + 1))
        case .rsh64Register: shift(.shiftRight, .bits64, d, s, notes.liveBefore(index + 1))
        case .rsh32Register: shift(.shiftRight, .bits32, d, s, notes.liveBefore(index + 1))
        case .arsh64Register: shift(.shiftArithmetic, .bits64, d, s, notes.liveBefore(index + 1))
        case .arsh32Register: shift(.shiftArithmetic, .bits32, d, s, notes.liveBefore(index + 1))
        case .neg64: negate(.bits64, d, instruction, index)
        case .neg32: negate(.bits32, d, instruction, index)
        case .mov64Immediate: constant(d, UInt64(bitPattern: instruction.immediate))
        case .mov32Immediate: constant(d, UInt64(UInt32(bitPattern: immediate)))
        case .mov64Register: return move(d, s, at: index, code, notes)
        case .mov32Register: assembler.emit(.load, .bits32, d, rm: s)
        case .movsx64From8: assembler.emit(.loadSigned8, .bits64, d, rm: s)
        case .movsx64From16: assembler.emit(.loadSigned16, .bits64, d, rm: s)
        case .movsx64From32: assembler.emit(.loadSigned32, .bits64, d, rm: s)
        case .movsx32From8: assembler.emit(.loadSigned8, .bits32, d, rm: s)
        case .movsx32From16: assembler.emit(.loadSigned16, .bits32, d, rm: s)

        case .toLittleEndian16: assembler.emit(.loadZero16, .bits32, d, rm: d)
        case .toLittleEndian32: assembler.emit(.load, .bits32, d, rm: d)
        case .toLittleEndian64: break
        case .toBigEndian16, .byteSwap16:
            assembler.emit(.rotateImmediate16, .bits32, rm: d, immediate: 8)
            assembler.emit(.loadZero16, .bits32, d, rm: d)
        case .toBigEndian32, .byteSwap32: assembler.emit(.swapBytes, .bits32, d)
        case .toBigEndian64, .byteSwap64: assembler.emit(.swapBytes, .bits64, d)

        case .jump, .jumpLong: jump(instruction, at: index, notes)
        case .jumpEqual64Immediate: branch(.equal, .bits64, d, immediate, instruction, index, notes)
        case .jumpEqual64Register: branch(.equal, .bits64, d, s, instruction, index, notes)
        case .jumpEqual32Immediate: branch(.equal, .bits32, d, immediate, instruction, index, notes)
        case .jumpEqual32Register: branch(.equal, .bits32, d, s, instruction, index, notes)
        case .jumpNotEqual64Immediate: branch(.notEqual, .bits64, d, immediate, instruction, index, notes)
        case .jumpNotEqual64Register: branch(.notEqual, .bits64, d, s, instruction, index, notes)
        case .jumpNotEqual32Immediate: branch(.notEqual, .bits32, d, immediate, instruction, index, notes)
        case .jumpNotEqual32Register: branch(.notEqual, .bits32, d, s, instruction, index, notes)
        case .jumpGreater64Immediate: branch(.above, .bits64, d, immediate, instruction, index, notes)
        case .jumpGreater64Register: branch(.above, .bits64, d, s, instruction, index, notes)
        case .jumpGreater32Immediate: branch(.above, .bits32, d, immediate, instruction, index, notes)
        case .jumpGreater32Register: branch(.above, .bits32, d, s, instruction, index, notes)
        case .jumpGreaterOrEqual64Immediate:
            branch(.aboveOrEqual, .bits64, d, immediate, instruction, index, notes)
        case .jumpGreaterOrEqual64Register: branch(.aboveOrEqual, .bits64, d, s, instruction, index, notes)
        case .jumpGreaterOrEqual32Immediate:
            branch(.aboveOrEqual, .bits32, d, immediate, instruction, index, notes)
        case .jumpGreaterOrEqual32Register: branch(.aboveOrEqual, .bits32, d, s, instruction, index, notes)
        case .jumpLess64Immediate: branch(.below, .bits64, d, immediate, instruction, index, notes)
        case .jumpLess64Register: branch(.below, .bits64, d, s, instruction, index, notes)
        case .jumpLess32Immediate: branch(.below, .bits32, d, immediate, instruction, index, notes)
        case .jumpLess32Register: branch(.below, .bits32, d, s, instruction, index, notes)
        case .jumpLessOrEqual64Immediate: branch(.belowOrEqual, .bits64, d, immediate, instruction, index, notes)
        case .jumpLessOrEqual64Register: branch(.belowOrEqual, .bits64, d, s, instruction, index, notes)
        case .jumpLessOrEqual32Immediate: branch(.belowOrEqual, .bits32, d, immediate, instruction, index, notes)
        case .jumpLessOrEqual32Register: branch(.belowOrEqual, .bits32, d, s, instruction, index, notes)
        case .jumpSignedGreater64Immediate: branch(.greater, .bits64, d, immediate, instruction, index, notes)
        case .jumpSignedGreater64Register: branch(.greater, .bits64, d, s, instruction, index, notes)
        case .jumpSignedGreater32Immediate: branch(.greater, .bits32, d, immediate, instruction, index, notes)
        case .jumpSignedGreater32Register: branch(.greater, .bits32, d, s, instruction, index, notes)
        case .jumpSignedGreaterOrEqual64Immediate:
            branch(.greaterOrEqual, .bits64, d, immediate, instruction, index, notes)
        case .jumpSignedGreaterOrEqual64Register: branch(.greaterOrEqual, .bits64, d, s, instruction, index, notes)
        case .jumpSignedGreaterOrEqual32Immediate:
            branch(.greaterOrEqual, .bits32, d, immediate, instruction, index, notes)
        case .jumpSignedGreaterOrEqual32Register: branch(.greaterOrEqual, .bits32, d, s, instruction, index, notes)
        case .jumpSignedLess64Immediate: branch(.less, .bits64, d, immediate, instruction, index, notes)
        case .jumpSignedLess64Register: branch(.less, .bits64, d, s, instruction, index, notes)
        case .jumpSignedLess32Immediate: branch(.less, .bits32, d, immediate, instruction, index, notes)
        case .jumpSignedLess32Register: branch(.less, .bits32, d, s, instruction, index, notes)
        case .jumpSignedLessOrEqual64Immediate:
            branch(.lessOrEqual, .bits64, d, immediate, instruction, index, notes)
        case .jumpSignedLessOrEqual64Register: branch(.lessOrEqual, .bits64, d, s, instruction, index, notes)
        case .jumpSignedLessOrEqual32Immediate:
            branch(.lessOrEqual, .bits32, d, immediate, instruction, index, notes)
        case .jumpSignedLessOrEqual32Register: branch(.lessOrEqual, .bits32, d, s, instruction, index, notes)
        case .jumpSet64Immediate: branchIfSet(.bits64, d, immediate, instruction, index, notes)
        case .jumpSet64Register: branchIfSet(.bits64, d, s, instruction, index, notes)
        case .jumpSet32Immediate: branchIfSet(.bits32, d, immediate, instruction, index, notes)
        case .jumpSet32Register: branchIfSet(.bits32, d, s, instruction, index, notes)

        case .load8: assembler.emit(.loadZero8, .bits32, d, .based(s, instruction.offset))
        case .load16: assembler.emit(.loadZero16, .bits32, d, .based(s, instruction.offset))
        case .load32: assembler.emit(.load, .bits32, d, .based(s, instruction.offset))
        case .load64: assembler.emit(.load, .bits64, d, .based(s, instruction.offset))
        case .loadSigned8: assembler.emit(.loadSigned8, .bits64, d, .based(s, instruction.offset))
        case .loadSigned16: assembler.emit(.loadSigned16, .bits64, d, .based(s, instruction.offset))
        case .loadSigned32: assembler.emit(.loadSigned32, .bits64, d, .based(s, instruction.offset))
        case .store8Immediate: store(.storeImmediate8, .store8, .bits32, .based(d, instruction.offset), immediate)
        case .store16Immediate: store(.storeImmediate16, .store16, .bits32, .based(d, instruction.offset), immediate)
        case .store32Immediate: store(.storeImmediate, .store, .bits32, .based(d, instruction.offset), immediate)
        case .store64Immediate: store(.storeImmediate, .store, .bits64, .based(d, instruction.offset), immediate)
        case .store8Register: assembler.emit(.store8, .bits32, s, .based(d, instruction.offset))
        case .store16Register: assembler.emit(.store16, .bits32, s, .based(d, instruction.offset))
        case .store32Register: assembler.emit(.store, .bits32, s, .based(d, instruction.offset))
        case .store64Register: assembler.emit(.store, .bits64, s, .based(d, instruction.offset))

        case .callHelper: callHelper(instruction.immediate, at: index, notes.liveBefore(index + 1))
        case .callLocal: callLocal(instruction, at: index, notes.liveBefore(index + 1))
        case .exit:
            payFuel(checkedAt: index)
            assembler.emit(.return)

        case .loadImmediate64:
            constant(d, UInt64(bitPattern: instruction.immediate))
            return 2
        case .loadMapByFD, .loadMapByIndex:
            loadMap(d, UInt64(UInt32(truncatingIfNeeded: instruction.immediate)), isArgument1: isArgument1)
            return 2
        case .loadMapValueByFD, .loadMapValueByIndex:
            loadMapValue(d, UInt64(bitPattern: instruction.immediate), at: index)
            return 2
        case .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail:
            fault(.invalidInstruction, about: UInt64(bitPattern: instruction.immediate), at: index)

        case .atomicAdd32: atomic(.addRegister, .bits32, d, s, instruction, index)
        case .atomicAdd64: atomic(.addRegister, .bits64, d, s, instruction, index)
        case .atomicOr32: atomic(.orRegister, .bits32, d, s, instruction, index)
        case .atomicOr64: atomic(.orRegister, .bits64, d, s, instruction, index)
        case .atomicAnd32: atomic(.andRegister, .bits32, d, s, instruction, index)
        case .atomicAnd64: atomic(.andRegister, .bits64, d, s, instruction, index)
        case .atomicXor32: atomic(.xorRegister, .bits32, d, s, instruction, index)
        case .atomicXor64: atomic(.xorRegister, .bits64, d, s, instruction, index)
        case .atomicFetchAdd32: atomic(.exchangeAdd, .bits32, d, s, instruction, index)
        case .atomicFetchAdd64: atomic(.exchangeAdd, .bits64, d, s, instruction, index)
        case .atomicExchange32: atomic(.exchange, .bits32, d, s, instruction, index)
        case .atomicExchange64: atomic(.exchange, .bits64, d, s, instruction, index)
        case .atomicCompareExchange32:
            atomic(.compareExchange, .bits32, d, s, instruction, index)
            // Where it stores, the machine leaves the upper half of what it compared.
            assembler.emit(.load, .bits32, .rax, rm: .rax)
        case .atomicCompareExchange64: atomic(.compareExchange, .bits64, d, s, instruction, index)
        case .atomicFetchOr32:
            fetching(.orRegister, .bits32, d, s, instruction, index, notes.liveBefore(index + 1))
        case .atomicFetchOr64:
            fetching(.orRegister, .bits64, d, s, instruction, index, notes.liveBefore(index + 1))
        case .atomicFetchAnd32:
            fetching(.andRegister, .bits32, d, s, instruction, index, notes.liveBefore(index + 1))
        case .atomicFetchAnd64:
            fetching(.andRegister, .bits64, d, s, instruction, index, notes.liveBefore(index + 1))
        case .atomicFetchXor32:
            fetching(.xorRegister, .bits32, d, s, instruction, index, notes.liveBefore(index + 1))
        case .atomicFetchXor64:
            fetching(.xorRegister, .bits64, d, s, instruction, index, notes.liveBefore(index + 1))
        }
        return 1
    }
}
