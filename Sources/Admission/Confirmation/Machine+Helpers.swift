internal import Channel
internal import Execution
internal import Maps
internal import ProgramPackage
internal import Prototypes

/// What helpers do here: they check their arguments by the table of prototypes, and answer what the input says.
extension Machine {
    /// Helpers that the machine knows by more than their row.
    enum Known {
        static let mapLookup: UInt32 = 1
        static let mapUpdate: UInt32 = 2
        static let mapDelete: UInt32 = 3
        static let random: UInt32 = 7
        static let processor: UInt32 = 8
        static let forEachElement: UInt32 = 164
        static let loop: UInt32 = 181
        static let mapLookupPerCPU: UInt32 = 195
    }

    /// Does the call at hand and steps over it, or enters a function of the program that the helper calls.
    mutating func callHelper(_ id: UInt32) -> Halt? {
        let index = stepper.index
        if isBetweenRounds { return goOn() }
        call.reset(id, at: index, serial: calls)
        guard let row = subject.row(id) else { return .fault(.unknownHelper(id)) }
        guard subject.descriptor.helpers.contains(id) else { return .fault(.helperNotAllowed(id)) }
        if lock != nil, !row.traits.contains(.unlocks) {
            return .fault(row.traits.contains(.locks) ? .lockMisuse : .lockHeld)
        }
        calls += 1
        for number in 1...5 {
            if let fault = check(row, number) {
                return .fault(.helperArgument(helper: id, number: number, fault))
            }
        }
        if row.has(.dynamicPointer) || row.has(.dynamicPointerOut) || row.has(.dynamicPointerReleased) {
            return .unsupported(.helper(id))
        }
        if row.traits.contains(.locks) { lock = stepper[1] }
        if row.traits.contains(.unlocks) {
            guard lock == stepper[1] else { return .fault(.lockMisuse) }
            lock = nil
        }
        if row.traits.contains(.callsRepeatedly) || row.traits.contains(.callsOnce) { return enterCallback(row) }
        if let halt = write(row) { return halt }
        if let halt = finish(row) { return halt }
        stepper.skip()
        return nil
    }

    /// Leaves the result and what the call has changed besides.
    private mutating func finish(_ row: HelperPrototype) -> Halt? {
        if row.traits.contains(.releases) {
            if let position = references.firstIndex(where: { isArgument(regions[$0.region].start, row) }) {
                let region = references.remove(at: position).region
                call.released = region
                retire(region)
            } else if !row.has(.objectField) {
                return .fault(.helperArgument(helper: row.id, number: 1, .notAReference))
            }
        }
        if row.traits.contains(.invalidatesPacket), row.result != .tailCall {
            movePacket()
            call.movedPacket = true
        }
        let failed: Halt?
        (call.result, failed) = result(row)
        if let failed { return failed }
        stepper[0] = value(of: call.result)
        if row.traits.contains(.acquires), case .region(let region, _) = call.result, stepper[0] != 0 {
            references.append((region, stepper.index))
            call.acquired = region
        }
        if row.result == .tailCall, input.value(of: Variable(.success, call.serial)) & 1 == 1, input.style != .plain {
            return .tailCalled
        }
        for register in 1...5 as ClosedRange<UInt8> { scratch(register) }
        if row.result == .void || row.result == .tailCall { scratch(0) }
        return nil
    }

    private func isArgument(_ address: UInt64, _ row: HelperPrototype) -> Bool {
        for number in 0..<5 where row.arguments[number] != .unused && stepper[UInt8(number + 1)] == address {
            return true
        }
        return false
    }

    func value(of result: HelperCall.Result) -> UInt64 {
        switch result {
        case .number(let variable, let bits):
            bits == 64 ? input.value(of: variable) : input.value(of: variable) & (1 << UInt64(bits) &- 1)
        case .region(let region, let variable): input.value(of: variable) & 1 == 1 ? regions[region].start : 0
        case .element(let region, let key, let limit):
            UInt64(memory.load32(key)) < limit ? regions[region].start : 0
        case .certainRegion(let region): regions[region].start
        case .constant(let value): value
        case .none: 0
        }
    }

    private mutating func result(_ row: HelperPrototype) -> (HelperCall.Result, Halt?) {
        let success = Variable(.success, call.serial)
        switch row.result {
        case .integer: return (number(row), nil)
        case .void, .tailCall: return (.none, nil)
        case .mapValueOrNull, .mapValue: return lookUp(row, success)
        case .memoryOrNull:
            guard let size = allocationSize(row), size <= 1 << 20,
                let region = makeRegion(.memory, size: size, isWritable: true)
            else { return (.none, .unsupported(.memory)) }
            fill(regions[region].start, size, .memoryByte, region)
            return (.region(region, success), nil)
        case .socketOrNull, .sockCommonOrNull, .tcpSocketOrNull:
            let layout =
                row.result == .socketOrNull
                ? ObjectLayout.socket
                : row.result == .sockCommonOrNull ? ObjectLayout.sockCommon : ObjectLayout.tcpSocket
            guard let region = makeObject(layout) else { return (.none, .unsupported(.regions)) }
            return (.region(region, success), nil)
        case .kernelObject: return (.certainRegion(makeHandle(.object)), nil)
        case .kernelObjectOrNull: return (.region(makeHandle(.object), success), nil)
        }
    }

    private func number(_ row: HelperPrototype) -> HelperCall.Result {
        let variable = Variable(.result, call.serial)
        switch row.id {
        case Known.random: return .number(variable, bits: 32)
        case Known.processor: return .number(variable, bits: 6)
        default: break
        }
        guard row.traits.contains(.boundedBySize) else { return .number(variable, bits: 64) }
        // At most what was asked for, or an errno.
        let position = (0..<5).first { row.arguments[$0] == .size || row.arguments[$0] == .sizeOrZero }
        let size = position.map { stepper[UInt8($0 + 1)] } ?? 0
        let value = input.value(of: variable)
        return .constant(value >> 60 == 15 ? UInt64(bitPattern: -22) : size == .max ? value : value % (size + 1))
    }

    private func allocationSize(_ row: HelperPrototype) -> UInt64? {
        for number in 0..<5 where row.arguments[number] == .allocationSize { return stepper[UInt8(number + 1)] }
        return nil
    }

    /// The map that the address in a register is, if it is one.
    func map(at address: UInt64) -> Int? {
        let offset = address &- Arena.descriptors
        guard offset < UInt64(subject.maps.count * descriptorSize), offset % UInt64(descriptorSize) == 0 else {
            return nil
        }
        return Int(offset) / descriptorSize
    }

    /// The map argument of the call at hand.
    func mapArgument(_ row: HelperPrototype) -> Int? {
        for number in 0..<5 where row.arguments[number] == .map { return map(at: stepper[UInt8(number + 1)]) }
        return nil
    }

    private mutating func lookUp(_ row: HelperPrototype, _ success: Variable) -> (HelperCall.Result, Halt?) {
        guard let index = mapArgument(row) else { return (.none, .unsupported(.helper(row.id))) }
        let map = subject.maps[index]
        guard let traits = MapType(rawValue: map.type)?.traits else { return (.none, .unsupported(.helper(row.id))) }
        if row.id == Known.mapLookup, traits.lookup != .value { return (.none, .unsupported(.mapOfMaps(index))) }
        let keyRegister = (0..<5).first { row.arguments[$0] == .mapKey }.map { UInt8($0 + 1) }
        let isArray = traits.isArray
        var key: UInt64 = 0
        if let keyRegister {
            key = isArray ? UInt64(memory.load32(stepper[keyRegister])) : hash(stepper[keyRegister], map.keySize)
        }
        var region = values.first { $0.map == index && $0.key == key }?.region
        if region == nil {
            let isWritable =
                !map.isReadOnly && !traits.isReadOnly && map.flags & MapFlags.readOnlyForProgram.rawValue == 0
            region = makeRegion(.mapValue(index), size: UInt64(map.valueSize), isWritable: isWritable)
            guard let region else { return (.none, .unsupported(.regions)) }
            fillValue(of: index, region)
            values.append((index, key, region))
        }
        guard let region else { return (.none, .unsupported(.regions)) }
        if row.result == .mapValue { return (.certainRegion(region), nil) }
        if isArray, let keyRegister {
            return (.element(region, keyAddress: stepper[keyRegister], limit: UInt64(map.maximumEntries)), nil)
        }
        return (.region(region, success), nil)
    }

    private func hash(_ address: UInt64, _ count: UInt32) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for offset in 0..<UInt64(count) {
            hash = (hash ^ UInt64(memory.load8(address &+ offset))) &* 0x0000_0100_0000_01B3
        }
        return hash
    }

    /// Fills what the arguments say that the helper fills.
    private mutating func write(_ row: HelperPrototype) -> Halt? {
        var written: UInt64 = 0
        for number in 0..<5 {
            let address = stepper[UInt8(number + 1)]
            var count: UInt64
            switch row.arguments[number] {
            case .writableMemory, .writableMemoryOrNull, .updatedMemory, .updatedMemoryOrNull:
                count = number < 4 ? stepper[UInt8(number + 2)] : 0
            case .mapValueOut: count = mapArgument(row).map { UInt64(subject.maps[$0].valueSize) } ?? 0
            case .int32Out, .int32Updated: count = 4
            case .int64Out: count = 8
            case .dynamicPointerOut: count = 16
            case .unused, .anything, .scalar, .map, .mapKey, .mapValue, .mapValueOrNull, .readableMemory,
                .readableMemoryOrNull, .size, .sizeOrZero, .context, .allocationSize, .reservedMemory, .spinLock,
                .timer,
                .socket, .socketOrNull, .kernelObject, .kernelObjectOrNull, .callback, .stackOrNull, .constantString,
                .perCPUVariable, .optional, .readable20, .readable40, .contextOrNull, .contextOrSocket, .dynamicPointer,
                .dynamicPointerReleased, .objectField, .keptMemory:
                count = 0
            }
            guard count > 0, address != 0 else { continue }
            // The arguments were checked, so the count is that of memory there is.
            count = min(count, 1 << 24)
            let first = Variable(.outByte, call.serial, written)
            for offset in 0..<count {
                memory.store8(
                    address &+ offset,
                    UInt8(truncatingIfNeeded: input.value(of: Variable(.outByte, call.serial, written + offset))))
            }
            call.writes.append(HelperCall.Write(address: address, count: count, first: first))
            written += count
        }
        if row.id == Known.mapUpdate { keep() }
        return nil
    }

    /// What a program puts into a map it may find there again.
    private mutating func keep() {
        guard let index = map(at: stepper[1]), !subject.maps[index].isReadOnly else { return }
        let map = subject.maps[index]
        let isArray = MapType(rawValue: map.type)?.traits.isArray == true
        let key = isArray ? UInt64(memory.load32(stepper[2])) : hash(stepper[2], map.keySize)
        guard let region = values.first(where: { $0.map == index && $0.key == key })?.region else { return }
        for offset in 0..<min(UInt64(map.valueSize), regions[region].size) {
            memory.store8(regions[region].start + offset, memory.load8(stepper[3] &+ offset))
        }
        call.writes.append(
            HelperCall.Write(address: regions[region].start, count: UInt64(map.valueSize), copiedFrom: stepper[3]))
    }
}

extension HelperPrototype {
    func has(_ argument: HelperArgument) -> Bool { (0..<5).contains { arguments[$0] == argument } }
}
