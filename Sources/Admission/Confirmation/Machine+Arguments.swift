internal import Channel
internal import Execution
internal import ProgramPackage
internal import Prototypes

extension Machine {
    /// What is wrong with argument `number`, counted from 1, of the call at hand.
    mutating func check(_ row: HelperPrototype, _ number: Int) -> Fault.ArgumentFault? {
        let value = stepper[UInt8(number)]
        let next = number < 5 ? stepper[UInt8(number + 1)] : 0
        switch row.arguments[number - 1] {
        case .unused, .anything, .optional, .scalar, .allocationSize, .perCPUVariable: return nil
        case .map:
            guard let index = map(at: value) else { return .notAMap }
            let type = subject.maps[index].type
            if row.maps.rawValue != 0, type >= 64 || row.maps.rawValue >> UInt64(type) & 1 == 0 {
                return .mapType(type)
            }
            return nil
        case .mapKey:
            guard let index = mapArgument(row) else { return .notAMap }
            return readable(value, UInt64(subject.maps[index].keySize))
        case .mapValue:
            guard let index = mapArgument(row) else { return .notAMap }
            return readable(value, UInt64(subject.maps[index].valueSize))
        case .mapValueOrNull:
            guard let index = mapArgument(row) else { return .notAMap }
            return value == 0 ? nil : readable(value, UInt64(subject.maps[index].valueSize))
        case .mapValueOut:
            guard let index = mapArgument(row) else { return .notAMap }
            return writable(value, UInt64(subject.maps[index].valueSize))
        case .readableMemory: return readable(value, next)
        case .readableMemoryOrNull: return value == 0 ? nil : readable(value, next)
        case .writableMemory, .updatedMemory, .keptMemory: return writable(value, next)
        case .writableMemoryOrNull, .updatedMemoryOrNull: return value == 0 ? nil : writable(value, next)
        // A size beyond what the memory before it has was found there.
        case .size: return value == 0 || value > 1 << 29 ? .size(value) : nil
        case .sizeOrZero: return value > 1 << 29 ? .size(value) : nil
        case .context: return value == regions[context].start ? nil : .notTheContext
        case .contextOrNull: return value == 0 || value == regions[context].start ? nil : .notTheContext
        case .contextOrSocket: return value == regions[context].start || isSocket(value) ? nil : .notTheContext
        case .socketOrNull: return value == 0 || isSocket(value) ? nil : .notAnObject
        case .objectField: return inMapValue(value, 8)
        case .readable20: return readable(value, 20)
        case .readable40: return readable(value, 40)
        case .int32Out, .int32Updated: return writable(value, 4)
        case .int64Out: return writable(value, 8)
        case .reservedMemory:
            return references.contains { regions[$0.region].start == value } ? nil : .notAReference
        case .spinLock: return inMapValue(value, 4)
        case .timer: return inMapValue(value, 16)
        case .socket: return isSocket(value) ? nil : .notAnObject
        case .kernelObject: return isObject(value) ? nil : .notAnObject
        case .kernelObjectOrNull: return value == 0 || isObject(value) ? nil : .notAnObject
        case .callback:
            let index = value &- Arena.functions
            return index < UInt64(subject.code.count) ? nil : .notAFunction
        case .stackOrNull:
            // The end of a frame is a place too, with no bytes behind it.
            return value == 0 || value >= stepper.stackStart && value <= Stepper.stack.upperBound ? nil : .notOnTheStack
        case .constantString: return readableString(value)
        case .dynamicPointer, .dynamicPointerOut, .dynamicPointerReleased: return writable(value, 16)
        }
    }

    private mutating func readable(_ address: UInt64, _ count: UInt64) -> Fault.ArgumentFault? {
        stepper.mayRead(address, count: count) ? nil : .unreadable(address: address, count: count)
    }

    private mutating func writable(_ address: UInt64, _ count: UInt64) -> Fault.ArgumentFault? {
        stepper.mayWrite(address, count: count) ? nil : .unwritable(address: address, count: count)
    }

    private mutating func readableString(_ start: UInt64) -> Fault.ArgumentFault? {
        for offset in 0..<4096 as Range<UInt64> {
            guard stepper.mayRead(start &+ offset, count: 1) else {
                return .unreadable(address: start &+ offset, count: 1)
            }
            if memory.load8(start &+ offset) == 0 { return nil }
        }
        return nil
    }

    private func inMapValue(_ address: UInt64, _ count: UInt64) -> Fault.ArgumentFault? {
        for region in regions where region.isLive && region.contains(address, count) {
            if case .mapValue = region.kind { return nil }
        }
        return .notInAMapValue
    }

    private func isSocket(_ address: UInt64) -> Bool {
        regions.contains { $0.kind == .socket && $0.isLive && $0.start == address }
    }

    private func isObject(_ address: UInt64) -> Bool {
        regions.contains { $0.isLive && $0.start == address && ($0.kind == .object || $0.kind == .socket) }
    }
}
