internal import Bytecode
internal import Channel

/// Executes decoded instructions (RFC 9669) against a cell's memory. The same code runs in the image and in host tests.
///
/// Every access is checked against ``Regions``; every instruction costs one unit of fuel. Nothing here allocates.
extension ProgramRunner {
    /// Runs the program from instruction 0 until it returns or faults.
    ///
    /// - Parameters:
    ///   - code: the whole program, jump targets absolute, as ``Instruction`` documents.
    ///   - argument1: R1 at entry.
    ///   - argument2: R2 at entry.
    @inline(__always)
    mutating func execute(_ code: Span<Instruction>, _ argument1: UInt64, _ argument2: UInt64) -> Outcome {
        let memory = memory
        var registers = [16 of UInt64](repeating: 0)
        registers[1] = argument1
        registers[2] = argument2
        registers[10] = regions.stackEnd
        var pc = 0
        var fuel = boot.fuel

        func fault(_ kind: FaultKind, _ instruction: Int, _ address: UInt64, _ size: UInt32) -> Outcome {
            Outcome(
                fault: kind, result: 0, instruction: UInt32(truncatingIfNeeded: instruction), accessSize: size,
                address: address, fuelLeft: fuel)
        }

        while true {
            let here = pc
            let instruction = code[here]
            guard fuel > 0 else { return fault(.fuelExhausted, here, 0, 0) }
            fuel &-= 1
            pc = here &+ 1
            let d = Int(instruction.destination & 15)
            let s = Int(instruction.source & 15)
            let immediate = UInt64(bitPattern: instruction.immediate)
            let displacement = extend(instruction.offset)
            let target = Int(instruction.offset)

            switch instruction.operation {
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

            case .jump, .jumpLong:
                pc = target
            case .jumpEqual64Immediate: if registers[d] == immediate { pc = target }
            case .jumpEqual64Register: if registers[d] == registers[s] { pc = target }
            case .jumpEqual32Immediate: if low(registers[d]) == low(immediate) { pc = target }
            case .jumpEqual32Register: if low(registers[d]) == low(registers[s]) { pc = target }
            case .jumpNotEqual64Immediate: if registers[d] != immediate { pc = target }
            case .jumpNotEqual64Register: if registers[d] != registers[s] { pc = target }
            case .jumpNotEqual32Immediate: if low(registers[d]) != low(immediate) { pc = target }
            case .jumpNotEqual32Register: if low(registers[d]) != low(registers[s]) { pc = target }
            case .jumpGreater64Immediate: if registers[d] > immediate { pc = target }
            case .jumpGreater64Register: if registers[d] > registers[s] { pc = target }
            case .jumpGreater32Immediate: if low(registers[d]) > low(immediate) { pc = target }
            case .jumpGreater32Register: if low(registers[d]) > low(registers[s]) { pc = target }
            case .jumpGreaterOrEqual64Immediate: if registers[d] >= immediate { pc = target }
            case .jumpGreaterOrEqual64Register: if registers[d] >= registers[s] { pc = target }
            case .jumpGreaterOrEqual32Immediate: if low(registers[d]) >= low(immediate) { pc = target }
            case .jumpGreaterOrEqual32Register: if low(registers[d]) >= low(registers[s]) { pc = target }
            case .jumpLess64Immediate: if registers[d] < immediate { pc = target }
            case .jumpLess64Register: if registers[d] < registers[s] { pc = target }
            case .jumpLess32Immediate: if low(registers[d]) < low(immediate) { pc = target }
            case .jumpLess32Register: if low(registers[d]) < low(registers[s]) { pc = target }
            case .jumpLessOrEqual64Immediate: if registers[d] <= immediate { pc = target }
            case .jumpLessOrEqual64Register: if registers[d] <= registers[s] { pc = target }
            case .jumpLessOrEqual32Immediate: if low(registers[d]) <= low(immediate) { pc = target }
            case .jumpLessOrEqual32Register: if low(registers[d]) <= low(registers[s]) { pc = target }
            case .jumpSignedGreater64Immediate: if signed(registers[d]) > signed(immediate) { pc = target }
            case .jumpSignedGreater64Register: if signed(registers[d]) > signed(registers[s]) { pc = target }
            case .jumpSignedGreater32Immediate: if signed(low(registers[d])) > signed(low(immediate)) { pc = target }
            case .jumpSignedGreater32Register: if signed(low(registers[d])) > signed(low(registers[s])) { pc = target }
            case .jumpSignedGreaterOrEqual64Immediate: if signed(registers[d]) >= signed(immediate) { pc = target }
            case .jumpSignedGreaterOrEqual64Register: if signed(registers[d]) >= signed(registers[s]) { pc = target }
            case .jumpSignedGreaterOrEqual32Immediate: if signed(low(registers[d])) >= signed(low(immediate)) { pc = target }
            case .jumpSignedGreaterOrEqual32Register: if signed(low(registers[d])) >= signed(low(registers[s])) { pc = target }
            case .jumpSignedLess64Immediate: if signed(registers[d]) < signed(immediate) { pc = target }
            case .jumpSignedLess64Register: if signed(registers[d]) < signed(registers[s]) { pc = target }
            case .jumpSignedLess32Immediate: if signed(low(registers[d])) < signed(low(immediate)) { pc = target }
            case .jumpSignedLess32Register: if signed(low(registers[d])) < signed(low(registers[s])) { pc = target }
            case .jumpSignedLessOrEqual64Immediate: if signed(registers[d]) <= signed(immediate) { pc = target }
            case .jumpSignedLessOrEqual64Register: if signed(registers[d]) <= signed(registers[s]) { pc = target }
            case .jumpSignedLessOrEqual32Immediate: if signed(low(registers[d])) <= signed(low(immediate)) { pc = target }
            case .jumpSignedLessOrEqual32Register: if signed(low(registers[d])) <= signed(low(registers[s])) { pc = target }
            case .jumpSet64Immediate: if registers[d] & immediate != 0 { pc = target }
            case .jumpSet64Register: if registers[d] & registers[s] != 0 { pc = target }
            case .jumpSet32Immediate: if low(registers[d]) & low(immediate) != 0 { pc = target }
            case .jumpSet32Register: if low(registers[d]) & low(registers[s]) != 0 { pc = target }

            case .load8:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 1) else { return fault(.outOfBoundsRead, here, address, 1) }
                registers[d] = UInt64(memory.load8(address))
            case .load16:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 2) else { return fault(.outOfBoundsRead, here, address, 2) }
                registers[d] = UInt64(memory.load16(address))
            case .load32:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 4) else { return fault(.outOfBoundsRead, here, address, 4) }
                registers[d] = UInt64(memory.load32(address))
            case .load64:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 8) else { return fault(.outOfBoundsRead, here, address, 8) }
                registers[d] = memory.load64(address)
            case .loadSigned8:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 1) else { return fault(.outOfBoundsRead, here, address, 1) }
                registers[d] = extend(Int8(bitPattern: memory.load8(address)))
            case .loadSigned16:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 2) else { return fault(.outOfBoundsRead, here, address, 2) }
                registers[d] = extend(Int16(bitPattern: memory.load16(address)))
            case .loadSigned32:
                let address = registers[s] &+ displacement
                guard regions.mayRead(address, 4) else { return fault(.outOfBoundsRead, here, address, 4) }
                registers[d] = extend(Int32(bitPattern: memory.load32(address)))
            case .store8Immediate:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 1) else { return fault(.outOfBoundsWrite, here, address, 1) }
                memory.store8(address, UInt8(truncatingIfNeeded: immediate))
            case .store16Immediate:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 2) else { return fault(.outOfBoundsWrite, here, address, 2) }
                memory.store16(address, UInt16(truncatingIfNeeded: immediate))
            case .store32Immediate:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 4) else { return fault(.outOfBoundsWrite, here, address, 4) }
                memory.store32(address, UInt32(truncatingIfNeeded: immediate))
            case .store64Immediate:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 8) else { return fault(.outOfBoundsWrite, here, address, 8) }
                memory.store64(address, immediate)
            case .store8Register:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 1) else { return fault(.outOfBoundsWrite, here, address, 1) }
                memory.store8(address, UInt8(truncatingIfNeeded: registers[s]))
            case .store16Register:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 2) else { return fault(.outOfBoundsWrite, here, address, 2) }
                memory.store16(address, UInt16(truncatingIfNeeded: registers[s]))
            case .store32Register:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 4) else { return fault(.outOfBoundsWrite, here, address, 4) }
                memory.store32(address, UInt32(truncatingIfNeeded: registers[s]))
            case .store64Register:
                let address = registers[d] &+ displacement
                guard regions.mayWrite(address, 8) else { return fault(.outOfBoundsWrite, here, address, 8) }
                memory.store64(address, registers[s])
            case .callHelper:
                let callee = instruction.immediate
                if let kind = call(helper: callee, &registers) {
                    return fault(kind, here, kind == .unknownHelper ? immediate : refusedArgument, 0)
                }
            case .callLocal:
                guard depth < ProgramRunner.maximumFrames &- 1 else { return fault(.callDepthExceeded, here, 0, 0) }
                push(returnTo: pc, &registers)
                pc = target
            case .exit:
                guard depth > 0 else {
                    return Outcome(
                        fault: nil, result: registers[0], instruction: 0, accessSize: 0, address: 0, fuelLeft: fuel)
                }
                pc = pop(&registers)

            case .loadImmediate64:
                registers[d] = immediate
                pc = here &+ 2
            case .loadMapByFD, .loadMapByIndex:
                registers[d] = maps.address(ofDescriptor: immediate & 0xFFFF_FFFF)
                pc = here &+ 2
            case .loadMapValueByFD, .loadMapValueByIndex:
                guard let value = maps.onlyValue(of: immediate & 0xFFFF_FFFF) else {
                    return fault(.invalidInstruction, here, immediate, 0)
                }
                registers[d] = value &+ immediate &>> 32
                pc = here &+ 2
            case .loadVariableAddress, .loadCodeAddress, .callByBTFID, .wideImmediateTail:
                return fault(.invalidInstruction, here, immediate, 0)

            case .atomicAdd32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                _ = memory.fetchAdd32(address, low(registers[s]))
            case .atomicFetchAdd32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[s] = UInt64(memory.fetchAdd32(address, low(registers[s])))
            case .atomicOr32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                _ = memory.fetchOr32(address, low(registers[s]))
            case .atomicFetchOr32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[s] = UInt64(memory.fetchOr32(address, low(registers[s])))
            case .atomicAnd32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                _ = memory.fetchAnd32(address, low(registers[s]))
            case .atomicFetchAnd32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[s] = UInt64(memory.fetchAnd32(address, low(registers[s])))
            case .atomicXor32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                _ = memory.fetchXor32(address, low(registers[s]))
            case .atomicFetchXor32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[s] = UInt64(memory.fetchXor32(address, low(registers[s])))
            case .atomicExchange32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[s] = UInt64(memory.exchange32(address, low(registers[s])))
            case .atomicCompareExchange32:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 4) { return fault(kind, here, address, 4) }
                registers[0] = UInt64(memory.compareExchange32(address, expected: low(registers[0]), desired: low(registers[s])))
            case .atomicAdd64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                _ = memory.fetchAdd64(address, registers[s])
            case .atomicFetchAdd64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[s] = memory.fetchAdd64(address, registers[s])
            case .atomicOr64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                _ = memory.fetchOr64(address, registers[s])
            case .atomicFetchOr64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[s] = memory.fetchOr64(address, registers[s])
            case .atomicAnd64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                _ = memory.fetchAnd64(address, registers[s])
            case .atomicFetchAnd64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[s] = memory.fetchAnd64(address, registers[s])
            case .atomicXor64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                _ = memory.fetchXor64(address, registers[s])
            case .atomicFetchXor64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[s] = memory.fetchXor64(address, registers[s])
            case .atomicExchange64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[s] = memory.exchange64(address, registers[s])
            case .atomicCompareExchange64:
                let address = registers[d] &+ displacement
                if let kind = regions.refusesAtomic(address, 8) { return fault(kind, here, address, 8) }
                registers[0] = memory.compareExchange64(address, expected: registers[0], desired: registers[s])            }
        }
    }
}
