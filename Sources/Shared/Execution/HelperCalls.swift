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
        case .ktimeGetNanoseconds: registers[0] = memory.loadRelaxed64(slot &+ EventSlot.time)
        case .tracePrintk: return tracePrintk(&registers)
        case .getPrandomUInt32: registers[0] = nextRandom()
        case .getSMPProcessorID: registers[0] = UInt64(memory.loadRelaxed32(slot &+ EventSlot.lane))
        case .tailCall: return tailCall(&registers)
        }
        return nil
    }

    /// Whether a helper may read what an argument points at, of which the verifier proves that it is the program's to read.
    mutating func mayRead(_ address: UInt64, count: UInt64) -> Bool {
        !Mode(boot.executionMode).checksAccesses || regions.mayRead(address, count: count)
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
