internal import Bytecode
internal import Channel

/// Calls of helpers and functions, and what a program knows of its maps.
extension Lowering {
    // Of a map's descriptor.
    private static let valuesStart: UInt64 = 48
    private static let laneStride: UInt64 = 64
    /// Where the broker says which lane a cell is.
    private static let lane: UInt32 = {
        guard let offset = MemoryLayout<BootRecord>.offset(of: \.lane) else {
            preconditionFailure("a stored property has an offset")
        }
        return UInt32(AddressMap.program) + UInt32(offset)
    }()

    private func descriptor(ofMap index: UInt64) -> UInt64 {
        AddressMap.program + BootRecord.capacity + index * 128
    }

    /// Linux's numbers.
    private static let array: UInt32 = 2
    private static let perCPUArray: UInt32 = 6
    private static let writeOnlyForProgram: UInt32 = 1 << 8

    /// A reference to a map is the address of its descriptor.
    mutating func loadMap(_ d: Register, _ index: UInt64, isArgument1: Bool) {
        plain(d, descriptor(ofMap: index))
        if isArgument1, index < UInt64(program.maps.count) { mapInArgument1 = Int(index) }
    }

    /// The address of a map's only value and an offset in it. The low half is the map, the high half the offset.
    mutating func loadMapValue(_ d: Register, _ reference: UInt64, at index: Int) {
        let map = reference & 0xFFFF_FFFF
        guard map < UInt64(program.maps.count), program.maps[Int(map)].type == Self.array else {
            return fault(.invalidInstruction, about: reference, at: index)
        }
        assembler.emit(.load, .bits64, d, .absolute(UInt32(descriptor(ofMap: map) + Self.valuesStart)))
        let offset = reference >> 32
        if offset == 0 { return }
        if let small = Int32(exactly: offset) {
            assembler.emit(.addImmediate, .bits64, rm: d, immediate: small)
        } else {
            plain(.scratch, offset)
            assembler.emit(.addRegister, .bits64, .scratch, rm: d)
        }
    }

    // MARK: helpers

    /// - Parameter live: the registers that matter afterwards.
    mutating func callHelper(_ id: Int64, at index: Int, _ live: UInt16) {
        let map = mapInArgument1
        switch program.helperProfile {
        case .conformance:
            if id == 5 { return assembler.emit(.load, .bits64, .rax, rm: .rdi) }
        case .linux:
            if let helper = Helper(rawValue: UInt32(truncatingIfNeeded: id)) {
                if helper == .tailCall { return tailCall(at: index, live) }
                if inline(helper, map) { return }
            }
        }
        payFuel()
        callOut(id, at: index, keeping: live)
        if live & 2 == 0 { mapInArgument1 = nil }
    }

    /// Calls the image.
    ///
    /// - Parameter live: the registers that must be what they were.
    mutating func callOut(_ id: Int64, at index: Int, keeping live: UInt16) {
        // C keeps R6 to R10. R1 to R5 are gone after a call, for Linux as for the verifier; what nobody verified finds them as they were.
        let kept = live & 0x3E
        for register: UInt8 in 1...5 where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.push, .bits32, Register(ofProgram: register))
        }
        plain(.scratch3, UInt64(index) << 32 | UInt64(UInt32(truncatingIfNeeded: id)))
        layout.add(.callOut, at: assembler.count, begun: index + 1, to: Layout.helper)
        for register: UInt8 in (1...5).reversed() where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.pop, .bits32, Register(ofProgram: register))
        }
    }

    /// Helpers of a few instructions.
    private mutating func inline(_ helper: Helper, _ map: Int?) -> Bool {
        switch helper {
        case .ktimeGetNanoseconds, .ktimeGetCoarseNanoseconds:
            assembler.emit(.load, .bits64, .rax, .absolute(UInt32(NativeWords.slot)))
            assembler.emit(.load, .bits64, .rax, .based(.rax, Int32(EventSlot.time)))
            return true
        case .getSMPProcessorID:
            assembler.emit(.load, .bits64, .rax, .absolute(UInt32(NativeWords.slot)))
            assembler.emit(.load, .bits32, .rax, .based(.rax, Int32(EventSlot.lane)))
            return true
        case .mapLookupElement:
            guard let map else { return false }
            return lookUp(program.maps[map], UInt64(map))
        case .mapUpdateElement, .mapDeleteElement, .mapPushElement, .mapPopElement, .mapPeekElement,
            .mapLookupPerCPUElement, .tracePrintk, .getPrandomUInt32, .skbStoreBytes,
            .l3ChecksumReplace, .l4ChecksumReplace, .getCurrentProcess, .getCurrentUser, .getCurrentCommand, .redirect,
            .skbLoadBytes, .checksumDifference, .getHashRecalculated, .skbPullData, .getNUMANodeID, .xdpAdjustHead,
            .getSocketCookie, .xdpAdjustMeta, .xdpAdjustTail, .skbLoadBytesRelative, .getCurrentCgroupID,
            .ktimeGetBootNanoseconds, .stringCompare, .stringToSigned, .stringToUnsigned, .snprintf, .traceVprintk,
            .perfEventOutput, .redirectMap, .spinLock, .spinUnlock, .ringbufOutput, .ringbufReserve, .ringbufSubmit,
            .ringbufDiscard, .ringbufQuery, .mapElementFrom,
            .xdpGetBufferLength, .xdpLoadBytes, .xdpStoreBytes, .ktimeGetAtomicNanoseconds, .tailCall:
            return false
        }
    }

    /// An element of an array: its address, or 0 where the index is none.
    ///
    /// No branch: nothing runs ahead with an index that is out of bounds.
    private mutating func lookUp(_ map: Compilation.MapShape, _ index: UInt64) -> Bool {
        let hasLanes = map.type == Self.perCPUArray
        guard map.type == Self.array || hasLanes, map.flags & Self.writeOnlyForProgram == 0 else { return false }
        // As the layout of maps has it: every value begins at a multiple of 8.
        let stride = (UInt64(map.valueSize) + 7) & ~7
        guard let factor = Int32(exactly: stride) else { return false }
        assembler.emit(.load, .bits32, .rax, .based(.rsi, 0))
        if factor.nonzeroBitCount == 1 {
            assembler.emit(.load, .bits32, .scratch2, rm: .rax)
            assembler.emit(
                .shiftLeftImmediate, .bits64, rm: .scratch2, immediate: Int32(factor.trailingZeroBitCount))
        } else {
            assembler.multiply(.bits64, .scratch2, rm: .rax, by: factor)
        }
        let start = UInt32(descriptor(ofMap: index) + Self.valuesStart)
        assembler.emit(.addMemory, .bits64, .scratch2, .absolute(start))
        if hasLanes { addLane(descriptor(ofMap: index)) }
        assembler.emit(.compareImmediate, .bits32, rm: .rax, immediate: Int32(bitPattern: map.maximumEntries))
        assembler.emit(.moveImmediate32, .rax, immediate32: 0)
        assembler.emit(.moveIfBelow, .bits64, .rax, rm: .scratch2)
        return true
    }

    /// Goes from an element's address in the first lane to that in the cell's own.
    ///
    /// Which one that is, and how far it is, the broker says in memory that the cell can only read: a lane that the map has.
    private mutating func addLane(_ descriptor: UInt64) {
        assembler.emit(.load, .bits32, .scratch3, .absolute(Self.lane))
        assembler.emit(.multiply, .bits64, .scratch3, .absolute(UInt32(descriptor + Self.laneStride)))
        assembler.emit(.addRegister, .bits64, .scratch3, rm: .scratch2)
    }

    // MARK: functions of the program

    /// The called function has a frame of its own below; the caller keeps of R6 to R9 what it will read.
    mutating func callLocal(_ instruction: Instruction, at index: Int, _ live: UInt16) {
        mapInArgument1 = nil
        payFuel(checkedAt: index)
        // Nothing else writes R10, so it says how many frames there are.
        let deepest = AddressMap.privateMemory + 512
        assembler.emit(.compareImmediate, .bits32, rm: .rbp, immediate: Int32(deepest))
        branch(.equal, toOutlined: .fault(.callDepthExceeded, size: 0), at: index)
        let kept = live & 0x3C0
        for register: UInt8 in 6...9 where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.push, .bits32, Register(ofProgram: register))
        }
        assembler.emit(.subImmediate, .bits64, rm: .rbp, immediate: 512)
        assembler.emit(
            .storeImmediate8, .bits32, .based(.rbp, Int32(NativeWords.markDistance)), immediate: 1)
        layout.add(.call, at: assembler.count, begun: index + 1, to: instruction.offset)
        assembler.emit(.addImmediate, .bits64, rm: .rbp, immediate: 512)
        for register: UInt8 in (6...9).reversed() where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.pop, .bits32, Register(ofProgram: register))
        }
    }
}
