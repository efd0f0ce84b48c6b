internal import Bytecode
internal import CExecution
internal import Channel

/// Executes decoded instructions (RFC 9669) against a cell's memory. The same code runs in the image and in host tests.
extension ProgramRunner {
    /// Runs the program from instruction 0 until it returns or faults.
    mutating func execute(_ code: Span<Instruction>, _ argument1: UInt64, _ argument2: UInt64) -> Outcome {
        let registers = RegisterFile(in: memory)
        registers.clear()
        registers[1] = argument1
        registers[2] = argument2
        registers[10] = regions.stackEnd
        return code.withUnsafeBufferPointer { program in
            engine.codeStart = UInt64(UInt(bitPattern: program.baseAddress))
            let cursor = Cursor(address: engine.codeStart, limit: engine.codeStart &+ min(boot.fuel, Cursor.mostFuel) &* 16, detail: 0)
            withUnsafeMutablePointer(to: &self) { runner in
                cexecution_run(cursor, registers.base, runner)
            }
            return engine.outcome
        }
    }

    /// What one instruction does.
    @inline(__always)
    mutating func step(_ operation: Operation, _ cursor: inout Cursor, _ registers: RegisterFile) -> Stop {
        let instruction = cursor.instruction
        let d = instruction.destination
        let s = instruction.source
        let immediate = UInt64(bitPattern: instruction.immediate)
        let displacement = extend(instruction.offset)
        var registers = registers

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

        case .jump, .jumpLong: return jump(&cursor, instruction)
        case .jumpEqual64Immediate: if registers[d] == immediate { return jump(&cursor, instruction) }
        case .jumpEqual64Register: if registers[d] == registers[s] { return jump(&cursor, instruction) }
        case .jumpEqual32Immediate: if low(registers[d]) == low(immediate) { return jump(&cursor, instruction) }
        case .jumpEqual32Register: if low(registers[d]) == low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpNotEqual64Immediate: if registers[d] != immediate { return jump(&cursor, instruction) }
        case .jumpNotEqual64Register: if registers[d] != registers[s] { return jump(&cursor, instruction) }
        case .jumpNotEqual32Immediate: if low(registers[d]) != low(immediate) { return jump(&cursor, instruction) }
        case .jumpNotEqual32Register: if low(registers[d]) != low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpGreater64Immediate: if registers[d] > immediate { return jump(&cursor, instruction) }
        case .jumpGreater64Register: if registers[d] > registers[s] { return jump(&cursor, instruction) }
        case .jumpGreater32Immediate: if low(registers[d]) > low(immediate) { return jump(&cursor, instruction) }
        case .jumpGreater32Register: if low(registers[d]) > low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpGreaterOrEqual64Immediate: if registers[d] >= immediate { return jump(&cursor, instruction) }
        case .jumpGreaterOrEqual64Register: if registers[d] >= registers[s] { return jump(&cursor, instruction) }
        case .jumpGreaterOrEqual32Immediate: if low(registers[d]) >= low(immediate) { return jump(&cursor, instruction) }
        case .jumpGreaterOrEqual32Register: if low(registers[d]) >= low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpLess64Immediate: if registers[d] < immediate { return jump(&cursor, instruction) }
        case .jumpLess64Register: if registers[d] < registers[s] { return jump(&cursor, instruction) }
        case .jumpLess32Immediate: if low(registers[d]) < low(immediate) { return jump(&cursor, instruction) }
        case .jumpLess32Register: if low(registers[d]) < low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpLessOrEqual64Immediate: if registers[d] <= immediate { return jump(&cursor, instruction) }
        case .jumpLessOrEqual64Register: if registers[d] <= registers[s] { return jump(&cursor, instruction) }
        case .jumpLessOrEqual32Immediate: if low(registers[d]) <= low(immediate) { return jump(&cursor, instruction) }
        case .jumpLessOrEqual32Register: if low(registers[d]) <= low(registers[s]) { return jump(&cursor, instruction) }
        case .jumpSignedGreater64Immediate: if signed(registers[d]) > signed(immediate) { return jump(&cursor, instruction) }
        case .jumpSignedGreater64Register: if signed(registers[d]) > signed(registers[s]) { return jump(&cursor, instruction) }
        case .jumpSignedGreater32Immediate: if signed(low(registers[d])) > signed(low(immediate)) { return jump(&cursor, instruction) }
        case .jumpSignedGreater32Register: if signed(low(registers[d])) > signed(low(registers[s])) { return jump(&cursor, instruction) }
        case .jumpSignedGreaterOrEqual64Immediate: if signed(registers[d]) >= signed(immediate) { return jump(&cursor, instruction) }
        case .jumpSignedGreaterOrEqual64Register: if signed(registers[d]) >= signed(registers[s]) { return jump(&cursor, instruction) }
        case .jumpSignedGreaterOrEqual32Immediate: if signed(low(registers[d])) >= signed(low(immediate)) { return jump(&cursor, instruction) }
        case .jumpSignedGreaterOrEqual32Register: if signed(low(registers[d])) >= signed(low(registers[s])) { return jump(&cursor, instruction) }
        case .jumpSignedLess64Immediate: if signed(registers[d]) < signed(immediate) { return jump(&cursor, instruction) }
        case .jumpSignedLess64Register: if signed(registers[d]) < signed(registers[s]) { return jump(&cursor, instruction) }
        case .jumpSignedLess32Immediate: if signed(low(registers[d])) < signed(low(immediate)) { return jump(&cursor, instruction) }
        case .jumpSignedLess32Register: if signed(low(registers[d])) < signed(low(registers[s])) { return jump(&cursor, instruction) }
        case .jumpSignedLessOrEqual64Immediate: if signed(registers[d]) <= signed(immediate) { return jump(&cursor, instruction) }
        case .jumpSignedLessOrEqual64Register: if signed(registers[d]) <= signed(registers[s]) { return jump(&cursor, instruction) }
        case .jumpSignedLessOrEqual32Immediate: if signed(low(registers[d])) <= signed(low(immediate)) { return jump(&cursor, instruction) }
        case .jumpSignedLessOrEqual32Register: if signed(low(registers[d])) <= signed(low(registers[s])) { return jump(&cursor, instruction) }
        case .jumpSet64Immediate: if registers[d] & immediate != 0 { return jump(&cursor, instruction) }
        case .jumpSet64Register: if registers[d] & registers[s] != 0 { return jump(&cursor, instruction) }
        case .jumpSet32Immediate: if low(registers[d]) & low(immediate) != 0 { return jump(&cursor, instruction) }
        case .jumpSet32Register: if low(registers[d]) & low(registers[s]) != 0 { return jump(&cursor, instruction) }

        case .load8:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 1) else { return cursor.stop(.read(1), at: address) }
            registers[d] = UInt64(memory.load8(address))
        case .load16:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 2) else { return cursor.stop(.read(2), at: address) }
            registers[d] = UInt64(memory.load16(address))
        case .load32:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 4) else { return cursor.stop(.read(4), at: address) }
            registers[d] = UInt64(memory.load32(address))
        case .load64:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 8) else { return cursor.stop(.read(8), at: address) }
            registers[d] = memory.load64(address)
        case .loadSigned8:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 1) else { return cursor.stop(.read(1), at: address) }
            registers[d] = extend(Int8(bitPattern: memory.load8(address)))
        case .loadSigned16:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 2) else { return cursor.stop(.read(2), at: address) }
            registers[d] = extend(Int16(bitPattern: memory.load16(address)))
        case .loadSigned32:
            let address = registers[s] &+ displacement
            guard regions.allowsRead(address, 4) else { return cursor.stop(.read(4), at: address) }
            registers[d] = extend(Int32(bitPattern: memory.load32(address)))
        case .store8Immediate:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 1) else { return cursor.stop(.write(1), at: address) }
            memory.store8(address, UInt8(truncatingIfNeeded: immediate))
        case .store16Immediate:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 2) else { return cursor.stop(.write(2), at: address) }
            memory.store16(address, UInt16(truncatingIfNeeded: immediate))
        case .store32Immediate:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            memory.store32(address, UInt32(truncatingIfNeeded: immediate))
        case .store64Immediate:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            memory.store64(address, immediate)
        case .store8Register:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 1) else { return cursor.stop(.write(1), at: address) }
            memory.store8(address, UInt8(truncatingIfNeeded: registers[s]))
        case .store16Register:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 2) else { return cursor.stop(.write(2), at: address) }
            memory.store16(address, UInt16(truncatingIfNeeded: registers[s]))
        case .store32Register:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            memory.store32(address, UInt32(truncatingIfNeeded: registers[s]))
        case .store64Register:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            memory.store64(address, registers[s])
        case .callHelper:
            if let kind = call(helper: instruction.immediate, &registers.first) {
                return cursor.stop(.fault(kind), at: kind == .unknownHelper ? immediate : refusedArgument)
            }
        case .callLocal:
            guard depth < ProgramRunner.maximumFrames &- 1 else { return cursor.stop(.fault(.callDepthExceeded)) }
            push(returnTo: Int(cursor.next), &registers.first)
            return jump(&cursor, instruction)
        case .exit:
            guard depth > 0 else { return cursor.stop(.returned) }
            return jump(&cursor, to: UInt64(pop(&registers.first)))

        case .loadImmediate64:
            registers[d] = immediate
            cursor.skipTail()
        case .loadMapByFD, .loadMapByIndex:
            registers[d] = maps.address(ofDescriptor: immediate & 0xFFFF_FFFF)
            cursor.skipTail()
        case .loadMapValueByFD, .loadMapValueByIndex:
            guard let value = maps.onlyValue(of: immediate & 0xFFFF_FFFF) else {
                return cursor.stop(.fault(.invalidInstruction), at: immediate)
            }
            registers[d] = value &+ immediate &>> 32
            cursor.skipTail()
        case .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail:
            return cursor.stop(.fault(.invalidInstruction), at: immediate)

        case .atomicAdd32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            _ = memory.fetchAdd32(address, low(registers[s]))
        case .atomicFetchAdd32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[s] = UInt64(memory.fetchAdd32(address, low(registers[s])))
        case .atomicOr32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            _ = memory.fetchOr32(address, low(registers[s]))
        case .atomicFetchOr32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[s] = UInt64(memory.fetchOr32(address, low(registers[s])))
        case .atomicAnd32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            _ = memory.fetchAnd32(address, low(registers[s]))
        case .atomicFetchAnd32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[s] = UInt64(memory.fetchAnd32(address, low(registers[s])))
        case .atomicXor32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            _ = memory.fetchXor32(address, low(registers[s]))
        case .atomicFetchXor32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[s] = UInt64(memory.fetchXor32(address, low(registers[s])))
        case .atomicExchange32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[s] = UInt64(memory.exchange32(address, low(registers[s])))
        case .atomicCompareExchange32:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 4) else { return cursor.stop(.write(4), at: address) }
            guard address % 4 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 4), at: address) }
            registers[0] = UInt64(memory.compareExchange32(address, expected: low(registers[0]), desired: low(registers[s])))
        case .atomicAdd64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            _ = memory.fetchAdd64(address, registers[s])
        case .atomicFetchAdd64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[s] = memory.fetchAdd64(address, registers[s])
        case .atomicOr64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            _ = memory.fetchOr64(address, registers[s])
        case .atomicFetchOr64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[s] = memory.fetchOr64(address, registers[s])
        case .atomicAnd64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            _ = memory.fetchAnd64(address, registers[s])
        case .atomicFetchAnd64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[s] = memory.fetchAnd64(address, registers[s])
        case .atomicXor64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            _ = memory.fetchXor64(address, registers[s])
        case .atomicFetchXor64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[s] = memory.fetchXor64(address, registers[s])
        case .atomicExchange64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[s] = memory.exchange64(address, registers[s])
        case .atomicCompareExchange64:
            let address = registers[d] &+ displacement
            guard regions.allowsWrite(address, 8) else { return cursor.stop(.write(8), at: address) }
            guard address % 8 == 0 else { return cursor.stop(.fault(.misalignedAtomic, size: 8), at: address) }
            registers[0] = memory.compareExchange64(address, expected: registers[0], desired: registers[s])
        }
        cursor.address &+= 16
        return .none
    }

    @inline(__always)
    private func jump(_ cursor: inout Cursor, _ instruction: Instruction) -> Stop {
        jump(&cursor, to: engine.codeStart &+ UInt64(truncatingIfNeeded: Int(instruction.offset) &* 16))
    }

    @inline(__always)
    private func jump(_ cursor: inout Cursor, to target: UInt64) -> Stop {
        let left = cursor.limit &- cursor.next
        cursor.address = target
        cursor.limit = target &+ left
        return Int64(bitPattern: left) > 0 ? .none : .fault(.fuelExhausted)
    }

    @inline(never)
    mutating func settle(_ stop: Stop, _ cursor: Cursor) -> Bool {
        let registers = RegisterFile(in: memory)
        switch stop.kind {
        case .read: if regions.mayRead(cursor.detail, UInt64(stop.size)) { return true }
        case .write: if regions.mayWrite(cursor.detail, UInt64(stop.size)) { return true }
        case .returned, .fault: break
        }
        let here = Int64(bitPattern: cursor.limit &- cursor.address) / 16
        var left = here &- 1
        var kind: FaultKind? = stop.kind == .returned ? nil : stop.fault
        if kind == .fuelExhausted { left = here }
        if left < 0 { kind = .fuelExhausted; left = 0 }
        engine.outcome = Outcome(
            fault: kind, result: kind == nil ? registers[0] : 0,
            instruction: UInt32(truncatingIfNeeded: (cursor.address &- engine.codeStart) / 16),
            accessSize: UInt32(stop.size), address: cursor.detail, fuelLeft: UInt64(left) &+ (boot.fuel &- min(boot.fuel, Cursor.mostFuel)))
        if kind == nil { engine.outcome.instruction = 0 }
        return false
    }
}

typealias Cursor = cexecution_cursor
extension Cursor {
    static var mostFuel: UInt64 { 1 << 58 }
    @inline(__always) var instruction: Instruction { unsafe UnsafePointer<Instruction>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee }
    @inline(__always) var next: UInt64 { address &+ 16 }
    @inline(__always) mutating func skipTail() { address &+= 16; limit &+= 16 }
    @inline(__always) mutating func stop(_ s: Stop, at detail: UInt64 = 0) -> Stop { self.detail = detail; return s }
}

struct Stop {
    enum Kind: UInt8 { case read, write, returned, fault }
    let word: UInt32
    @inline(__always) init(_ kind: Kind, size: UInt8 = 0, fault: FaultKind? = nil) {
        word = UInt32(kind.rawValue) << 16 | UInt32(size) << 8 | (fault?.rawValue ?? 0) | 1 << 24
    }
    @inline(__always) init(word: UInt32) { self.word = word }
    static var none: Stop { @inline(__always) get { Stop(word: 0) } }
    static var returned: Stop { @inline(__always) get { Stop(.returned) } }
    @inline(__always) static func read(_ size: UInt8) -> Stop { Stop(.read, size: size, fault: .outOfBoundsRead) }
    @inline(__always) static func write(_ size: UInt8) -> Stop { Stop(.write, size: size, fault: .outOfBoundsWrite) }
    @inline(__always) static func fault(_ kind: FaultKind, size: UInt8 = 0) -> Stop { Stop(.fault, size: size, fault: kind) }
    var kind: Kind { Kind(rawValue: UInt8(truncatingIfNeeded: word >> 16)) ?? .fault }
    var size: UInt8 { UInt8(truncatingIfNeeded: word >> 8) }
    var fault: FaultKind? { FaultKind(rawValue: word & 255) }
}

struct Engine {
    var codeStart: UInt64 = 0
    var outcome = Outcome(fault: nil, result: 0, instruction: 0, accessSize: 0, address: 0, fuelLeft: 0)
}

struct RegisterFile {
    let base: UnsafeMutablePointer<UInt64>
    init(base: UnsafeMutablePointer<UInt64>) { self.base = base }
    init(in memory: CellMemory) {
        base = memory.pointer(AddressMap.privateMemory &+ 0x2000).assumingMemoryBound(to: UInt64.self)
    }
    func clear() { var i = 0; while i < 16 { base[i] = 0; i &+= 1 } }
    @inline(__always) subscript(_ i: UInt8) -> UInt64 {
        get { base[Int(i)] }
        nonmutating set { base[Int(i)] = newValue }
    }
    var first: [16 of UInt64] {
        @inline(__always) unsafeAddress { UnsafePointer(UnsafeRawPointer(base).assumingMemoryBound(to: [16 of UInt64].self)) }
        @inline(__always) nonmutating unsafeMutableAddress { UnsafeMutableRawPointer(base).assumingMemoryBound(to: [16 of UInt64].self) }
    }
}

@c @implementation
func cexecution_step(
    _ operation: UInt8, _ cursor: UnsafeMutablePointer<cexecution_cursor>, _ registers: UnsafeMutablePointer<UInt64>, _ state: UnsafeMutableRawPointer
) -> UInt32 {
    let runner = state.assumingMemoryBound(to: ProgramRunner.self)
    return runner.pointee.step(Operation(rawValue: operation) ?? .wideImmediateTail, &cursor.pointee, RegisterFile(base: registers)).word
}

@c @implementation
func cexecution_settle(_ stop: UInt32, _ cursor: UnsafeMutablePointer<cexecution_cursor>, _ state: UnsafeMutableRawPointer) -> Bool {
    state.assumingMemoryBound(to: ProgramRunner.self).pointee.settle(Stop(word: stop), cursor.pointee)
}
