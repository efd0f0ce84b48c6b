internal import Bytecode
internal import CExecution
internal import Channel

/// What each instruction (RFC 9669) does. The same code runs in the image and in host tests, under either dispatch.
///
/// Where the mode is ``ExecutionMode/checked``, every access is checked against ``Regions``. Every instruction costs one unit of fuel
/// where the mode counts it; those that may lead elsewhere than to the next look at it before they do anything, so that
/// ``ProgramRunner/settle(_:_:)`` may have them done again. Nothing here allocates.
extension ProgramRunner {
    /// Does the instruction at `cursor` and moves it to the next.
    ///
    /// - Parameters:
    ///   - operation: the instruction's own, handed over so that it can be a constant.
    ///   - mode: the program's, a constant for the same reason.
    ///   - registers: of this runner.
    /// - Returns: ``Stop/none``, or why the program cannot go on; the cursor is then still at the instruction, or, where the fuel
    ///   is used up, at the one that it did not reach for.
    @inline(__always)
    mutating func step(
        _ operation: Operation, _ mode: Mode, _ cursor: inout Cursor, _ registers: RegisterFile
    ) -> Stop {
        let instruction = cursor.instruction
        let d = instruction.destination
        let s = instruction.source
        let immediate = UInt64(bitPattern: instruction.immediate)
        let displacement = extend(instruction.offset)

        switch operation {
        case .add64Immediate: registers[d] = registers[d] &+ immediate
        case .add64Register: registers[d] = registers[d] &+ registers[s]
        case .add32Immediate: registers[d] = UInt64(low(registers[d]) &+ low(immediate))
        case .add32Register: registers[d] = UInt64(low(registers[d]) &+ low(registers[s]))
        case .sub64Immediate: registers[d] = registers[d] &- immediate
        case .sub64Register: registers[d] = registers[d] &- registers[s]
        case .sub32Immediate: registers[d] = UInt64(low(registers[d]) &- low(immediate))
        case .sub32Register: registers[d] = UInt64(low(registers[d]) &- low(registers[s]))
        case .mul64Immediate: registers[d] = registers[d] &* immediate
        case .mul64Register: registers[d] = registers[d] &* registers[s]
        case .mul32Immediate: registers[d] = UInt64(low(registers[d]) &* low(immediate))
        case .mul32Register: registers[d] = UInt64(low(registers[d]) &* low(registers[s]))
        case .div64Immediate: registers[d] = divide(registers[d], immediate)
        case .div64Register: registers[d] = divide(registers[d], registers[s])
        case .div32Immediate: registers[d] = UInt64(divide(low(registers[d]), low(immediate)))
        case .div32Register: registers[d] = UInt64(divide(low(registers[d]), low(registers[s])))
        case .sdiv64Immediate: registers[d] = divideSigned(registers[d], immediate)
        case .sdiv64Register: registers[d] = divideSigned(registers[d], registers[s])
        case .sdiv32Immediate: registers[d] = UInt64(divideSigned(low(registers[d]), low(immediate)))
        case .sdiv32Register: registers[d] = UInt64(divideSigned(low(registers[d]), low(registers[s])))
        case .mod64Immediate: registers[d] = modulo(registers[d], immediate)
        case .mod64Register: registers[d] = modulo(registers[d], registers[s])
        case .mod32Immediate: registers[d] = UInt64(modulo(low(registers[d]), low(immediate)))
        case .mod32Register: registers[d] = UInt64(modulo(low(registers[d]), low(registers[s])))
        case .smod64Immediate: registers[d] = moduloSigned(registers[d], immediate)
        case .smod64Register: registers[d] = moduloSigned(registers[d], registers[s])
        case .smod32Immediate: registers[d] = UInt64(moduloSigned(low(registers[d]), low(immediate)))
        case .smod32Register: registers[d] = UInt64(moduloSigned(low(registers[d]), low(registers[s])))
        case .or64Immediate: registers[d] = registers[d] | immediate
        case .or64Register: registers[d] = registers[d] | registers[s]
        case .or32Immediate: registers[d] = UInt64(low(registers[d]) | low(immediate))
        case .or32Register: registers[d] = UInt64(low(registers[d]) | low(registers[s]))
        case .and64Immediate: registers[d] = registers[d] & immediate
        case .and64Register: registers[d] = registers[d] & registers[s]
        case .and32Immediate: registers[d] = UInt64(low(registers[d]) & low(immediate))
        case .and32Register: registers[d] = UInt64(low(registers[d]) & low(registers[s]))
        case .xor64Immediate: registers[d] = registers[d] ^ immediate
        case .xor64Register: registers[d] = registers[d] ^ registers[s]
        case .xor32Immediate: registers[d] = UInt64(low(registers[d]) ^ low(immediate))
        case .xor32Register: registers[d] = UInt64(low(registers[d]) ^ low(registers[s]))
        case .lsh64Immediate: registers[d] = registers[d] &<< immediate
        case .lsh64Register: registers[d] = registers[d] &<< registers[s]
        case .lsh32Immediate: registers[d] = UInt64(low(registers[d]) &<< low(immediate))
        case .lsh32Register: registers[d] = UInt64(low(registers[d]) &<< low(registers[s]))
        case .rsh64Immediate: registers[d] = registers[d] &>> immediate
        case .rsh64Register: registers[d] = registers[d] &>> registers[s]
        case .rsh32Immediate: registers[d] = UInt64(low(registers[d]) &>> low(immediate))
        case .rsh32Register: registers[d] = UInt64(low(registers[d]) &>> low(registers[s]))
        case .arsh64Immediate: registers[d] = shiftSigned(registers[d], immediate)
        case .arsh64Register: registers[d] = shiftSigned(registers[d], registers[s])
        case .arsh32Immediate: registers[d] = UInt64(shiftSigned(low(registers[d]), low(immediate)))
        case .arsh32Register: registers[d] = UInt64(shiftSigned(low(registers[d]), low(registers[s])))
        case .mov64Immediate: registers[d] = immediate
        case .mov64Register: registers[d] = registers[s]
        case .mov32Immediate: registers[d] = UInt64(low(immediate))
        case .mov32Register: registers[d] = UInt64(low(registers[s]))
        case .neg64: registers[d] = 0 &- registers[d]
        case .neg32: registers[d] = UInt64(0 &- low(registers[d]))
        case .movsx64From8: registers[d] = extend(Int8(truncatingIfNeeded: registers[s]))
        case .movsx64From16: registers[d] = extend(Int16(truncatingIfNeeded: registers[s]))
        case .movsx64From32: registers[d] = extend(Int32(truncatingIfNeeded: registers[s]))
        case .movsx32From8: registers[d] = UInt64(low(extend(Int8(truncatingIfNeeded: registers[s]))))
        case .movsx32From16: registers[d] = UInt64(low(extend(Int16(truncatingIfNeeded: registers[s]))))

        case .toLittleEndian16: registers[d] = registers[d] & 0xFFFF
        case .toLittleEndian32: registers[d] = UInt64(low(registers[d]))
        case .toLittleEndian64: break
        case .toBigEndian16: registers[d] = UInt64(UInt16(truncatingIfNeeded: registers[d]).byteSwapped)
        case .toBigEndian32: registers[d] = UInt64(low(registers[d]).byteSwapped)
        case .toBigEndian64: registers[d] = registers[d].byteSwapped
        case .byteSwap16: registers[d] = UInt64(UInt16(truncatingIfNeeded: registers[d]).byteSwapped)
        case .byteSwap32: registers[d] = UInt64(low(registers[d]).byteSwapped)
        case .byteSwap64: registers[d] = registers[d].byteSwapped

        case .jump, .jumpLong: return jump(mode, &cursor, instruction)
        case .jumpEqual64Immediate: if registers[d] == immediate { return jump(mode, &cursor, instruction) }
        case .jumpEqual64Register: if registers[d] == registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpEqual32Immediate: if low(registers[d]) == low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpEqual32Register: if low(registers[d]) == low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpNotEqual64Immediate: if registers[d] != immediate { return jump(mode, &cursor, instruction) }
        case .jumpNotEqual64Register: if registers[d] != registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpNotEqual32Immediate:
            if low(registers[d]) != low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpNotEqual32Register:
            if low(registers[d]) != low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpGreater64Immediate: if registers[d] > immediate { return jump(mode, &cursor, instruction) }
        case .jumpGreater64Register: if registers[d] > registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpGreater32Immediate: if low(registers[d]) > low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpGreater32Register:
            if low(registers[d]) > low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpGreaterOrEqual64Immediate: if registers[d] >= immediate { return jump(mode, &cursor, instruction) }
        case .jumpGreaterOrEqual64Register: if registers[d] >= registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpGreaterOrEqual32Immediate:
            if low(registers[d]) >= low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpGreaterOrEqual32Register:
            if low(registers[d]) >= low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpLess64Immediate: if registers[d] < immediate { return jump(mode, &cursor, instruction) }
        case .jumpLess64Register: if registers[d] < registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpLess32Immediate: if low(registers[d]) < low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpLess32Register: if low(registers[d]) < low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpLessOrEqual64Immediate: if registers[d] <= immediate { return jump(mode, &cursor, instruction) }
        case .jumpLessOrEqual64Register: if registers[d] <= registers[s] { return jump(mode, &cursor, instruction) }
        case .jumpLessOrEqual32Immediate:
            if low(registers[d]) <= low(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpLessOrEqual32Register:
            if low(registers[d]) <= low(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreater64Immediate:
            if signed(registers[d]) > signed(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreater64Register:
            if signed(registers[d]) > signed(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreater32Immediate:
            if signed(low(registers[d])) > signed(low(immediate)) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreater32Register:
            if signed(low(registers[d])) > signed(low(registers[s])) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreaterOrEqual64Immediate:
            if signed(registers[d]) >= signed(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreaterOrEqual64Register:
            if signed(registers[d]) >= signed(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreaterOrEqual32Immediate:
            if signed(low(registers[d])) >= signed(low(immediate)) { return jump(mode, &cursor, instruction) }
        case .jumpSignedGreaterOrEqual32Register:
            if signed(low(registers[d])) >= signed(low(registers[s])) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLess64Immediate:
            if signed(registers[d]) < signed(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLess64Register:
            if signed(registers[d]) < signed(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLess32Immediate:
            if signed(low(registers[d])) < signed(low(immediate)) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLess32Register:
            if signed(low(registers[d])) < signed(low(registers[s])) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLessOrEqual64Immediate:
            if signed(registers[d]) <= signed(immediate) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLessOrEqual64Register:
            if signed(registers[d]) <= signed(registers[s]) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLessOrEqual32Immediate:
            if signed(low(registers[d])) <= signed(low(immediate)) { return jump(mode, &cursor, instruction) }
        case .jumpSignedLessOrEqual32Register:
            if signed(low(registers[d])) <= signed(low(registers[s])) { return jump(mode, &cursor, instruction) }
        case .jumpSet64Immediate: if registers[d] & immediate != 0 { return jump(mode, &cursor, instruction) }
        case .jumpSet64Register: if registers[d] & registers[s] != 0 { return jump(mode, &cursor, instruction) }
        case .jumpSet32Immediate: if low(registers[d]) & low(immediate) != 0 { return jump(mode, &cursor, instruction) }
        case .jumpSet32Register:
            if low(registers[d]) & low(registers[s]) != 0 { return jump(mode, &cursor, instruction) }

        case .load8:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 1) else { return cursor.stop(.read(1), at: address) }
            registers[d] = UInt64(memory.load8(address))
        case .load16:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 2) else { return cursor.stop(.read(2), at: address) }
            registers[d] = UInt64(memory.load16(address))
        case .load32:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 4) else { return cursor.stop(.read(4), at: address) }
            registers[d] = UInt64(memory.load32(address))
        case .load64:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 8) else { return cursor.stop(.read(8), at: address) }
            registers[d] = memory.load64(address)
        case .loadSigned8:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 1) else { return cursor.stop(.read(1), at: address) }
            registers[d] = extend(Int8(bitPattern: memory.load8(address)))
        case .loadSigned16:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 2) else { return cursor.stop(.read(2), at: address) }
            registers[d] = extend(Int16(bitPattern: memory.load16(address)))
        case .loadSigned32:
            let address = registers[s] &+ displacement
            guard mayLoad(mode, address, 4) else { return cursor.stop(.read(4), at: address) }
            registers[d] = extend(Int32(bitPattern: memory.load32(address)))
        case .store8Immediate:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 1) else { return cursor.stop(.write(1), at: address) }
            memory.store8(address, UInt8(truncatingIfNeeded: immediate))
        case .store16Immediate:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 2) else { return cursor.stop(.write(2), at: address) }
            memory.store16(address, UInt16(truncatingIfNeeded: immediate))
        case .store32Immediate:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 4) else { return cursor.stop(.write(4), at: address) }
            memory.store32(address, UInt32(truncatingIfNeeded: immediate))
        case .store64Immediate:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 8) else { return cursor.stop(.write(8), at: address) }
            memory.store64(address, immediate)
        case .store8Register:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 1) else { return cursor.stop(.write(1), at: address) }
            memory.store8(address, UInt8(truncatingIfNeeded: registers[s]))
        case .store16Register:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 2) else { return cursor.stop(.write(2), at: address) }
            memory.store16(address, UInt16(truncatingIfNeeded: registers[s]))
        case .store32Register:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 4) else { return cursor.stop(.write(4), at: address) }
            memory.store32(address, UInt32(truncatingIfNeeded: registers[s]))
        case .store64Register:
            let address = registers[d] &+ displacement
            guard mayStore(mode, address, 8) else { return cursor.stop(.write(8), at: address) }
            memory.store64(address, registers[s])
        case .callHelper:
            let isTailCall = instruction.immediate == ProgramRunner.tailCallHelper
            if isTailCall, mode.countsFuel { guard cursor.hasFuel else { return .fault(.fuelExhausted) } }
            if let kind = call(helper: instruction.immediate, &registers.first) {
                return cursor.stop(.fault(kind), at: kind == .unknownHelper ? immediate : refusedArgument)
            }
            if isTailCall { return followTailCall(mode, &cursor, registers) }
        case .callLocal:
            if mode.countsFuel { guard cursor.hasFuel else { return .fault(.fuelExhausted) } }
            guard depth < ProgramRunner.maximumFrames &- 1 else { return cursor.stop(.fault(.callDepthExceeded)) }
            push(returnTo: Int(truncatingIfNeeded: cursor.next), &registers.first)
            return cursor.jump(mode, to: target(of: instruction))
        case .exit:
            if mode.countsFuel { guard cursor.hasFuel else { return .fault(.fuelExhausted) } }
            guard depth > 0 else { return cursor.stop(.returned) }
            return cursor.jump(mode, to: UInt64(truncatingIfNeeded: pop(&registers.first)))

        case .loadImmediate64:
            registers[d] = immediate
            cursor.skipTail(mode)
        case .loadMapByFD, .loadMapByIndex:
            registers[d] = maps.address(ofDescriptor: immediate & 0xFFFF_FFFF)
            cursor.skipTail(mode)
        case .loadMapValueByFD, .loadMapValueByIndex:
            guard let value = maps.onlyValue(of: immediate & 0xFFFF_FFFF) else {
                return cursor.stop(.fault(.invalidInstruction), at: immediate)
            }
            registers[d] = value &+ immediate &>> 32
            cursor.skipTail(mode)
        case .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail:
            return cursor.stop(.fault(.invalidInstruction), at: immediate)

        case .atomicAdd32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchAdd32(address, low(registers[s]))
        case .atomicFetchAdd32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = UInt64(memory.fetchAdd32(address, low(registers[s])))
        case .atomicOr32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchOr32(address, low(registers[s]))
        case .atomicFetchOr32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = UInt64(memory.fetchOr32(address, low(registers[s])))
        case .atomicAnd32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchAnd32(address, low(registers[s]))
        case .atomicFetchAnd32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = UInt64(memory.fetchAnd32(address, low(registers[s])))
        case .atomicXor32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchXor32(address, low(registers[s]))
        case .atomicFetchXor32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = UInt64(memory.fetchXor32(address, low(registers[s])))
        case .atomicExchange32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = UInt64(memory.exchange32(address, low(registers[s])))
        case .atomicCompareExchange32:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 4)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[0] = UInt64(
                memory.compareExchange32(address, expected: low(registers[0]), desired: low(registers[s])))
        case .atomicAdd64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchAdd64(address, registers[s])
        case .atomicFetchAdd64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = memory.fetchAdd64(address, registers[s])
        case .atomicOr64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchOr64(address, registers[s])
        case .atomicFetchOr64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = memory.fetchOr64(address, registers[s])
        case .atomicAnd64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchAnd64(address, registers[s])
        case .atomicFetchAnd64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = memory.fetchAnd64(address, registers[s])
        case .atomicXor64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            _ = memory.fetchXor64(address, registers[s])
        case .atomicFetchXor64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = memory.fetchXor64(address, registers[s])
        case .atomicExchange64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[s] = memory.exchange64(address, registers[s])
        case .atomicCompareExchange64:
            let address = registers[d] &+ displacement
            let problem = atomicProblem(mode, address, 8)
            guard problem == .none else { return cursor.stop(problem, at: address) }
            registers[0] = memory.compareExchange64(address, expected: registers[0], desired: registers[s])
        }
        cursor.advance()
        return .none
    }

    /// The target of a jump or local call, from the absolute index that the decoder made and checked.
    @inline(__always)
    private func target(of instruction: Instruction) -> UInt64 {
        engine.codeStart &+ extend(instruction.offset) &* Cursor.stride
    }

    /// Moves to the target of a jump.
    @inline(__always)
    private func jump(_ mode: Mode, _ cursor: inout Cursor, _ instruction: Instruction) -> Stop {
        if mode.countsFuel { guard cursor.hasFuel else { return .fault(.fuelExhausted) } }
        return cursor.jump(mode, to: target(of: instruction))
    }

    /// Whether a load may be made now. False says no more than that ``settle(_:_:)`` must decide.
    @inline(__always)
    private func mayLoad(_ mode: Mode, _ address: UInt64, _ size: UInt64) -> Bool {
        !mode.checksAccesses || regions.showsReadable(address, size)
    }

    /// As ``mayLoad(_:_:_:)`` for a store.
    @inline(__always)
    private func mayStore(_ mode: Mode, _ address: UInt64, _ size: UInt64) -> Bool {
        !mode.checksAccesses || regions.showsWritable(address, size)
    }

    /// Why an atomic operation may not be done, or ``Stop/none``.
    @inline(__always)
    private mutating func atomicProblem(_ mode: Mode, _ address: UInt64, _ size: UInt8) -> Stop {
        if mode.checksAccesses {
            // Looked at out of line, unlike plain stores: handlers stay small, and the operation itself takes as long.
            guard engine.isAtomicAllowed else { return .atomic(size) }
            engine.isAtomicAllowed = false
            return .none
        }
        return address % UInt64(size) == 0 ? .none : .fault(.misalignedAtomic, size: size)
    }
}
