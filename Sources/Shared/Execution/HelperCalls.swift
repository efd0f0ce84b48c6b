internal import Bytecode
internal import Channel
internal import Maps

/// What helpers do. Each checks its arguments itself: a map must be one, and a pointer the program's to read unless that is proven.
extension ProgramRunner {
    /// Calls a helper with R1–R5 and leaves its result in R0.
    ///
    /// - Returns: why it could not be called; ``refusedArgument`` then holds what was wrong.
    mutating func call(helper id: Int64, _ registers: inout [16 of UInt64]) -> FaultKind? {
        switch boot.helperProfile {
        case .conformance:
            guard id == 5 else { return .unknownHelper }
            registers[0] = registers[1]
            return nil
        case .linux:
            guard let helper = Helper(rawValue: UInt32(truncatingIfNeeded: id)) else { return .unknownHelper }
            return call(helper, &registers)
        }
    }

    private mutating func call(_ helper: Helper, _ registers: inout [16 of UInt64]) -> FaultKind? {
        switch helper {
        case .mapLookupElement: return callMap(.lookUp, &registers)
        case .mapUpdateElement: return callMap(.update, &registers)
        case .mapDeleteElement: return callMap(.delete, &registers)
        case .mapPushElement: return callMap(.push, &registers)
        case .mapPopElement: return callMap(.pop, &registers)
        case .mapPeekElement: return callMap(.peek, &registers)
        case .mapLookupPerCPUElement: return callMap(.lookUpInLane, &registers)
        case .ktimeGetNanoseconds, .ktimeGetCoarseNanoseconds:
            registers[0] = memory.loadRelaxed64(slot &+ EventSlot.time)
        case .tracePrintk: return tracePrintk(&registers)
        case .getPrandomUInt32: registers[0] = nextRandom()
        case .getSMPProcessorID: registers[0] = UInt64(memory.loadRelaxed32(slot &+ EventSlot.lane))
        case .tailCall: return tailCall(&registers)

        case .ktimeGetBootNanoseconds:
            registers[0] = memory.loadRelaxed64(slot &+ EventSlot.time) &+ boot.bootClockOffset
        case .ktimeGetAtomicNanoseconds:
            registers[0] = memory.loadRelaxed64(slot &+ EventSlot.time) &+ boot.atomicClockOffset
        case .getNUMANodeID: registers[0] = 0
        case .getCurrentProcess: registers[0] = memory.loadRelaxed64(slot &+ EventSlot.process)
        case .getCurrentUser: registers[0] = memory.loadRelaxed64(slot &+ EventSlot.user)
        case .getCurrentCgroupID: registers[0] = memory.loadRelaxed64(slot &+ EventSlot.cgroup)
        case .getSocketCookie: registers[0] = memory.loadRelaxed64(slot &+ EventSlot.cookie)
        case .getCurrentCommand: return copyCommand(&registers)

        case .stringCompare: return compareStrings(&registers)
        case .stringToSigned: return parseNumber(&registers, isSigned: true)
        case .stringToUnsigned: return parseNumber(&registers, isSigned: false)
        case .snprintf: return format(&registers)
        case .traceVprintk: return traceVprintk(&registers)

        case .xdpAdjustHead: return callPacket(.adjustHead, &registers)
        case .xdpAdjustTail: return callPacket(.adjustTail, &registers)
        case .xdpAdjustMeta: return callPacket(.adjustMeta, &registers)
        case .xdpGetBufferLength: return callPacket(.length, &registers)
        case .xdpLoadBytes: return callPacket(.expressLoad, &registers)
        case .xdpStoreBytes: return callPacket(.expressStore, &registers)
        case .skbLoadBytes: return callPacket(.load, &registers)
        case .skbLoadBytesRelative: return callPacket(.loadRelative, &registers)
        case .skbStoreBytes: return callPacket(.store, &registers)
        case .skbPullData: return callPacket(.pull, &registers)
        case .l3ChecksumReplace: return callPacket(.replaceNetworkChecksum, &registers)
        case .l4ChecksumReplace: return callPacket(.replaceTransportChecksum, &registers)
        case .getHashRecalculated: return callPacket(.hash, &registers)
        case .redirect: return redirect(&registers)
        case .checksumDifference: return checksumDifference(&registers)
        }
        return nil
    }

    /// Whether a helper may read what an argument points at, of which the verifier proves that it is the program's to read.
    @inline(never) mutating func mayRead(_ address: UInt64, count: UInt64) -> Bool {
        !Mode(boot.executionMode).checksAccesses || regions.mayRead(address, count: count)
    }

    /// The same of what a helper writes.
    @inline(never) mutating func mayWrite(_ address: UInt64, count: UInt64) -> Bool {
        !Mode(boot.executionMode).checksAccesses || count == 0 || regions.mayWrite(address, count)
    }

    mutating func refuse(_ argument: UInt64) -> FaultKind {
        refusedArgument = argument
        return .invalidHelperArgument
    }

    /// xorshift64* (Vigna 2016): not for secrets, like the kernel's own.
    private mutating func nextRandom() -> UInt64 {
        random ^= random &>> 12
        random ^= random &<< 25
        random ^= random &>> 27
        return (random &* 0x2545_F491_4F6C_DD1D) &>> 32
    }
}
