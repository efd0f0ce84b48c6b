internal import Bytecode
internal import ProgramPackage
internal import Prototypes
internal import Verifier

/// What would have to hold for the instruction at hand to go wrong.
extension Search {
    mutating func goals() -> [Condition] {
        let instruction = machine.instruction
        switch finding.kind {
        case .outOfBoundsStack, .outOfBoundsPacket, .outOfBoundsMapValue, .outOfBoundsMemory, .outOfBoundsContext,
            .contextField:
            return outOfBounds(instruction)
        case .possiblyNull:
            if machine.access != nil { return [wants(shadow.expression(machine.addressRegister), .equal, 0)] }
            return argumentRegisters().map { wants(shadow.expression($0), .equal, 0) }
        case .misaligned:
            guard let access = machine.access else { return [] }
            let address = shadow.pool.apply(
                .add, shadow.expression(machine.addressRegister),
                shadow.pool.constant(UInt64(bitPattern: Int64(instruction.offset))))
            return [wants(address, .common, UInt64(access.size) - 1)]
        case .divisionByZero:
            guard let divisor = divisor(instruction) else { return [] }
            let low = divisor.mask == .max ? divisor.expression : shadow.pool.apply(.low32, divisor.expression)
            return [wants(low, .equal, 0)]
        case .badResult:
            guard let range = machine.subject.descriptor.results else { return [] }
            return [
                wants(shadow.expression(0), .signedGreater, UInt64(bitPattern: range.upperBound)),
                wants(shadow.expression(0), .signedLess, UInt64(bitPattern: range.lowerBound)),
            ]
        case .helperArgument: return badArguments() + outOfBounds(instruction)
        case .uninitialisedRegister, .uninitialisedStack, .notAPointer, .readOnlyMemory, .pointerArithmetic,
            .pointerComparison, .addressLeak, .helperUnknown, .helperNotAllowed, .helperMapType, .helperLicence,
            .unreleasedReference, .lockHeld, .lockMisuse, .callDepth, .recursion, .badCallback, .badMap,
            .unreachableExit, .noExit, .tooComplex, .unboundedLoop, .unsupported, .stackOverflow, .invalidProgram:
            return []
        }
    }

    private mutating func wants(_ a: Expression, _ relation: Condition.Relation, _ b: UInt64) -> Condition {
        Condition(relation: relation, a: a, b: shadow.pool.constant(b), instruction: -1)
    }

    private mutating func outOfBounds(_ instruction: Instruction) -> [Condition] {
        if let access = machine.access {
            let displacement = shadow.pool.constant(UInt64(bitPattern: Int64(instruction.offset)))
            let address = shadow.pool.apply(.add, shadow.expression(machine.addressRegister), displacement)
            return leaving(address, shadow.pool.constant(UInt64(access.size)), pointedRegion())
        }
        var result: [Condition] = []
        guard let row = machine.prototypeAtHand else { return result }
        for number in 1...5 as ClosedRange<UInt8> {
            let region = shadow.node(number).region
            guard region >= 0, let count = sizeOfArgument(row, number) else { continue }
            result += leaving(shadow.expression(number), count, Int(region))
        }
        return result
    }

    /// The bytes that a helper takes from an argument.
    private mutating func sizeOfArgument(_ row: HelperPrototype, _ number: UInt8) -> Expression? {
        let map = machine.mapArgument(row).map { machine.subject.maps[$0] }
        switch row.arguments[Int(number) - 1] {
        case .readableMemory, .readableMemoryOrNull, .writableMemory, .writableMemoryOrNull, .updatedMemory,
            .updatedMemoryOrNull, .keptMemory:
            return number < 5 ? shadow.expression(number + 1) : nil
        case .mapKey: return map.map { shadow.pool.constant(UInt64($0.keySize)) }
        case .mapValue, .mapValueOrNull, .mapValueOut: return map.map { shadow.pool.constant(UInt64($0.valueSize)) }
        case .int32Out, .int32Updated, .spinLock: return shadow.pool.constant(4)
        case .readable20: return shadow.pool.constant(20)
        case .readable40: return shadow.pool.constant(40)
        case .int64Out, .objectField: return shadow.pool.constant(8)
        case .dynamicPointer, .dynamicPointerOut, .dynamicPointerReleased, .timer: return shadow.pool.constant(16)
        case .unused, .anything, .scalar, .map, .size, .sizeOrZero, .context, .allocationSize, .reservedMemory, .socket,
            .socketOrNull, .kernelObject, .kernelObjectOrNull, .callback, .stackOrNull, .constantString,
            .perCPUVariable,
            .optional, .contextOrNull, .contextOrSocket:
            return nil
        }
    }

    /// `count` bytes from `address` on are not all in the region.
    private mutating func leaving(_ address: Expression, _ count: Expression, _ region: Int?) -> [Condition] {
        guard let region else { return [] }
        let place = machine.regions[region]
        let end =
            place.kind == .packet && region == machine.packet
            ? shadow.packetEnd(machine) : shadow.pool.constant(place.start &+ place.size)
        let reach = shadow.pool.apply(.add, address, count)
        return [
            Condition(relation: .greater, a: reach, b: end, instruction: -1),
            wants(address, .less, place.start),
            wants(count, .greater, 1 << 20),
        ]
    }

    /// Sizes that no helper takes.
    private mutating func badArguments() -> [Condition] {
        guard let row = machine.prototypeAtHand else { return [] }
        var result: [Condition] = []
        for number in 1...5 as ClosedRange<UInt8> {
            let argument = row.arguments[Int(number) - 1]
            if argument == .size { result.append(wants(shadow.expression(number), .equal, 0)) }
            if argument == .size || argument == .sizeOrZero {
                result.append(wants(shadow.expression(number), .greater, 1 << 29))
            }
        }
        return result
    }

    private func argumentRegisters() -> [UInt8] {
        guard let row = machine.prototypeAtHand else { return [] }
        return (1...5 as ClosedRange<UInt8>).filter { row.arguments[Int($0) - 1] != .unused }
    }
}

extension Machine {
    /// The register that has the address of the access at hand.
    var addressRegister: UInt8 {
        let instruction = self.instruction
        if case .load = effects[index] { return instruction.source }
        return instruction.destination
    }

    /// The row of the helper that is called, where it is one.
    var prototypeAtHand: HelperPrototype? {
        guard effects[index] == .callHelper, let id = UInt32(exactly: instruction.immediate) else { return nil }
        return subject.row(id)
    }

    /// The memory that the helper at hand reads, or fills.
    func memoryArguments(written: Bool) -> [(address: UInt64, count: UInt64)] {
        guard let row = prototypeAtHand else { return [] }
        let map = mapArgument(row).map { subject.maps[$0] }
        var result: [(UInt64, UInt64)] = []
        for number in 1...5 as ClosedRange<UInt8> {
            let address = self[number]
            switch row.arguments[Int(number) - 1] {
            case .readableMemory, .readableMemoryOrNull, .updatedMemory, .updatedMemoryOrNull:
                if !written, number < 5, address != 0 { result.append((address, self[number + 1])) }
            case .mapKey: if !written, let map { result.append((address, UInt64(map.keySize))) }
            case .mapValue, .mapValueOrNull:
                if !written, let map, address != 0 { result.append((address, UInt64(map.valueSize))) }
            case .writableMemory, .writableMemoryOrNull:
                if written, number < 5, address != 0 { result.append((address, self[number + 1])) }
            case .mapValueOut: if written, let map { result.append((address, UInt64(map.valueSize))) }
            case .readable20: if !written { result.append((address, 20)) }
            case .readable40: if !written { result.append((address, 40)) }
            case .int32Updated: if !written { result.append((address, 4)) }
            case .int32Out: if written { result.append((address, 4)) }
            case .int64Out: if written { result.append((address, 8)) }
            case .unused, .anything, .scalar, .map, .size, .sizeOrZero, .context, .allocationSize, .reservedMemory,
                .spinLock, .timer, .socket, .kernelObject, .kernelObjectOrNull, .callback, .stackOrNull,
                .constantString,
                .socketOrNull, .dynamicPointer, .dynamicPointerOut, .dynamicPointerReleased, .perCPUVariable, .optional,
                .contextOrNull, .contextOrSocket, .objectField, .keptMemory:
                break
            }
        }
        return result
    }
}
