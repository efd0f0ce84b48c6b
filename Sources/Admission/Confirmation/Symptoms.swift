internal import Bytecode
internal import Execution
internal import ProgramPackage
internal import Prototypes
internal import Verifier

extension Finding.Kind {
    /// Whether a fault of the machine is what the finding says.
    func isShown(by fault: Fault) -> Bool {
        switch self {
        case .outOfBoundsStack, .outOfBoundsPacket, .outOfBoundsMapValue, .outOfBoundsMemory, .possiblyNull,
            .notAPointer,
            .readOnlyMemory:
            switch fault {
            case .outOfBounds: true
            case .helperArgument(_, _, let argument): argument.isAboutMemory
            case .misalignedAtomic, .callDepth, .outOfFuel, .invalidInstruction, .contextAccess, .unknownHelper,
                .helperNotAllowed, .lockMisuse, .lockHeld:
                false
            }
        case .outOfBoundsContext, .contextField:
            switch fault {
            case .outOfBounds, .contextAccess: true
            case .misalignedAtomic, .callDepth, .outOfFuel, .invalidInstruction, .unknownHelper, .helperNotAllowed,
                .helperArgument, .lockMisuse, .lockHeld:
                false
            }
        case .misaligned:
            switch fault {
            case .misalignedAtomic, .contextAccess: true
            case .outOfBounds, .callDepth, .outOfFuel, .invalidInstruction, .unknownHelper, .helperNotAllowed,
                .helperArgument, .lockMisuse, .lockHeld:
                false
            }
        case .helperUnknown: fault.isHelperUnknown
        case .helperNotAllowed: fault.isHelperNotAllowed
        case .helperArgument, .helperMapType, .badCallback: fault.isHelperArgument
        case .unreleasedReference: fault.isNotAReference
        case .lockHeld, .lockMisuse: fault == .lockHeld || fault == .lockMisuse
        case .callDepth, .recursion, .stackOverflow: fault == .callDepth
        case .uninitialisedRegister, .uninitialisedStack, .pointerArithmetic, .pointerComparison, .addressLeak,
            .divisionByZero, .helperLicence, .badResult, .badMap, .unreachableExit, .noExit, .tooComplex,
            .unboundedLoop,
            .unsupported, .invalidProgram:
            false
        }
    }
}

extension Fault {
    var isHelperUnknown: Bool { if case .unknownHelper = self { true } else { false } }
    var isHelperNotAllowed: Bool { if case .helperNotAllowed = self { true } else { false } }
    var isHelperArgument: Bool { if case .helperArgument = self { true } else { false } }
    var isNotAReference: Bool { if case .helperArgument(_, _, .notAReference) = self { true } else { false } }
}

extension Fault.ArgumentFault {
    var isAboutMemory: Bool {
        switch self {
        case .unreadable, .unwritable, .notInAMapValue, .notAMap, .notTheContext, .notAReference, .notAnObject,
            .notOnTheStack:
            true
        case .mapType, .size, .notAFunction: false
        }
    }
}

/// What can be seen before the instruction is done, of what no fault shows.
extension Search {
    /// - Returns: what is wrong, in a sentence; nil where nothing is.
    mutating func shownNow(_ cycle: inout Cycle) -> String? {
        let index = machine.index
        let instruction = machine.subject.code[index]
        switch finding.kind {
        case .uninitialisedRegister: return uninitialisedRegister(instruction)
        case .uninitialisedStack: return uninitialisedStack()
        case .outOfBoundsStack, .outOfBoundsPacket, .outOfBoundsMapValue, .outOfBoundsMemory: return strayed()
        case .readOnlyMemory: return readOnly()
        case .notAPointer: return notAPointer()
        case .pointerArithmetic, .pointerComparison: return operatesOnAddress(instruction)
        case .addressLeak: return leak(instruction)
        case .misaligned:
            guard let access = machine.access, access.address % UInt64(access.size) != 0 else { return nil }
            return
                "accesses \(access.size) bytes at \(place(access.address)), which is not a multiple of \(access.size)"
        case .divisionByZero: return divisionByZero(instruction)
        case .badResult:
            guard machine.effects[index] == .exit, machine.depth == 0, let range = machine.subject.descriptor.results
            else {
                return nil
            }
            let result = Int64(bitPattern: machine[0])
            return range.contains(result) ? nil : "returns \(result), which is not in \(range)"
        case .unreleasedReference:
            guard machine.effects[index] == .exit, machine.depth == 0, let reference = machine.references.first else {
                return nil
            }
            return "ends with what instruction \(reference.acquiredAt) acquired not given back"
        case .lockHeld:
            return machine.effects[index] == .exit && machine.lock != nil ? "ends with a lock held" : nil
        case .unboundedLoop:
            return cycle.sees(machine) ? "is there again with every register and the stack the same" : nil
        case .possiblyNull, .outOfBoundsContext, .contextField, .helperUnknown, .helperNotAllowed, .helperArgument,
            .helperMapType, .helperLicence, .lockMisuse, .callDepth, .recursion, .badCallback, .badMap,
            .unreachableExit,
            .noExit, .tooComplex, .unsupported, .stackOverflow, .invalidProgram:
            return nil
        }
    }

    private mutating func uninitialisedRegister(_ instruction: Instruction) -> String? {
        let encoding = instruction.operation.encoding
        var read: [UInt8] = []
        if encoding.destination == .read || encoding.destination == .updated { read.append(instruction.destination) }
        if encoding.source == .read || encoding.source == .updated { read.append(instruction.source) }
        switch machine.effects[machine.index] {
        case .exit: read.append(0)
        case .compareExchange: read.append(0)
        case .callHelper:
            guard let row = machine.prototypeAtHand else { break }
            for number in 0..<5 where row.arguments[number] != .unused { read.append(UInt8(number + 1)) }
        case .binary, .move, .negate, .extend, .convert, .branch, .load, .store, .atomic, .exchange, .callLocal, .wide,
            .map, .mapValue, .function, .nothing, .invalid:
            break
        }
        for register in read where !shadow.registers[Int(register)].isInitialised {
            let isStale = shadow.node(register).region >= 0
            return "reads r\(register), which " + (isStale ? "points to what is gone" : "nothing has written")
        }
        return nil
    }

    private mutating func uninitialisedStack() -> String? {
        if let access = machine.access, access.isRead,
            let byte = shadow.uninitialisedByte(access.address, UInt64(access.size))
        {
            return "reads \(access.size) bytes at \(place(access.address)); nothing has written \(place(byte))"
        }
        for (address, count) in machine.memoryArguments(written: false) {
            guard let byte = shadow.uninitialisedByte(address, count) else { continue }
            return "hands \(count) bytes at \(place(address)) to the helper; nothing has written \(place(byte))"
        }
        return nil
    }

    /// An access that hits memory, and not the memory that its pointer is of.
    private mutating func strayed() -> String? {
        guard let access = machine.access, let region = pointedRegion() else { return nil }
        guard !machine.regions[region].contains(access.address, UInt64(access.size)) else { return nil }
        return outside(access.address, UInt64(access.size), region, isWrite: access.isWrite)
    }

    private func readOnly() -> String? {
        guard let access = machine.access, access.isWrite, let region = pointedRegion(),
            machine.regions[region].kind == .packet, !machine.subject.descriptor.mayWritePacket
        else { return nil }
        return "writes to \(place(access.address)), which such programs may not change"
    }

    private func notAPointer() -> String? {
        guard let access = machine.access, pointedRegion() == nil else { return nil }
        return "takes the number \(hexadecimal(access.address)) for an address"
    }

    private func operatesOnAddress(_ instruction: Instruction) -> String? {
        switch machine.effects[machine.index] {
        case .binary(_, _, let isRegister), .branch(_, _, let isRegister):
            if shadow.node(instruction.destination).hasAddress {
                return "does that with r\(instruction.destination), which is \(place(machine[instruction.destination]))"
            }
            guard isRegister, shadow.node(instruction.source).hasAddress else { return nil }
            return "does that with r\(instruction.source), which is \(place(machine[instruction.source]))"
        case .negate, .convert, .extend:
            let register = instruction.destination
            guard shadow.node(register).hasAddress else { return nil }
            return "does that with r\(register), which is \(place(machine[register]))"
        case .move, .load, .store, .atomic, .exchange, .compareExchange, .callHelper, .callLocal, .exit, .wide, .map,
            .mapValue, .function, .nothing, .invalid:
            return nil
        }
    }

    private mutating func leak(_ instruction: Instruction) -> String? {
        switch machine.effects[machine.index] {
        case .exit:
            guard machine.depth == 0, shadow.node(0).hasAddress else { return nil }
            return "returns the address of \(place(machine[0]))"
        case .store(_, true), .atomic, .exchange, .compareExchange:
            guard let access = machine.access, shadow.node(instruction.source).hasAddress,
                let region = pointedRegion(), machine.regions[region].kind != .stack
            else { return nil }
            return "writes the address of \(place(machine[instruction.source])) to \(place(access.address))"
        case .callHelper:
            guard let row = machine.prototypeAtHand,
                row.traits.contains(.publishes) || row.id == Machine.Known.mapUpdate
            else { return nil }
            for number in 1...5 as ClosedRange<UInt8> where row.arguments[Int(number) - 1] == .anything {
                if shadow.node(number).hasAddress {
                    return "hands the address of \(place(machine[number])) to the helper"
                }
            }
            for (address, count) in machine.memoryArguments(written: false) {
                for offset in 0..<min(count, 512) {
                    guard let (expression, _) = shadow.byte(address &+ offset), shadow.pool[expression].hasAddress
                    else {
                        continue
                    }
                    return "hands \(place(address &+ offset)) to the helper, where an address is"
                }
            }
            return nil
        case .binary, .move, .negate, .extend, .convert, .branch, .load, .store, .callLocal, .wide, .map, .mapValue,
            .function, .nothing, .invalid:
            return nil
        }
    }

    private func divisionByZero(_ instruction: Instruction) -> String? {
        guard let divisor = divisor(instruction), shadow.pool[divisor.expression].value & divisor.mask == 0 else {
            return nil
        }
        return "divides by 0"
    }

    func divisor(_ instruction: Instruction) -> (expression: Expression, mask: UInt64)? {
        guard case .binary(let op, let bits, true) = machine.effects[machine.index] else { return nil }
        guard op == .div || op == .mod || op == .sdiv || op == .smod else { return nil }
        return (shadow.expression(instruction.source), bits == 64 ? .max : 0xFFFF_FFFF)
    }

    /// The region that the pointer of the access at hand is of.
    func pointedRegion() -> Int? {
        guard machine.access != nil else { return nil }
        let region = shadow.node(machine.addressRegister).region
        return region < 0 ? nil : Int(region)
    }
}
