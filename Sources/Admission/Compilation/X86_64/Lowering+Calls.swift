internal import Bytecode
internal import Channel

/// Calls of helpers and functions.
extension Lowering {
    // MARK: helpers

    /// - Parameter live: the registers that matter afterwards.
    mutating func callHelper(
        _ id: Int64, at index: Int, _ live: UInt16, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) {
        switch program.helperProfile {
        case .conformance:
            if id == 5 { return assembler.emit(.load, .bits64, .rax, rm: .rdi) }
        case .linux:
            if let helper = Helper(rawValue: UInt32(truncatingIfNeeded: id)) {
                if helper == .tailCall { return tailCall(at: index, live, code, notes) }
                if inline(helper, at: index, live, code, notes) { return }
            }
        }
        payFuel()
        callOut(id, at: index, begun: index + 1, keeping: live)
    }

    /// Calls the image.
    ///
    /// - Parameters:
    ///   - begun: as ``Layout/Piece`` has it.
    ///   - live: the registers that must be what they were.
    mutating func callOut(_ id: Int64, at index: Int, begun: Int, keeping live: UInt16) {
        // C keeps R6 to R10. R1 to R5 are gone after a call, for Linux as for the verifier; what nobody verified finds them as they were.
        let kept = live & 0x3E
        for register: UInt8 in 1...5 where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.push, .bits32, Register(ofProgram: register))
        }
        plain(.scratch3, UInt64(index) << 32 | UInt64(UInt32(truncatingIfNeeded: id)))
        layout.add(.callOut, at: assembler.count, begun: begun, to: Layout.helper)
        for register: UInt8 in (1...5).reversed() where kept & 1 << UInt16(register) != 0 {
            assembler.emit(.pop, .bits32, Register(ofProgram: register))
        }
    }

    /// Helpers of a few instructions.
    private mutating func inline(
        _ helper: Helper, at index: Int, _ live: UInt16, _ code: borrowing Span<Instruction>, _ notes: borrowing Notes
    ) -> Bool {
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
            switch origin(of: 1, before: index, code, notes) {
            case .map(let map): return lookUp(inMap: map)
            case .foundMap:
                lookUpInFoundMap(at: index, live)
                return true
            case nil: return false
            }
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

    // MARK: functions of the program

    /// The called function has a frame of its own below; the caller keeps of R6 to R9 what it will read.
    mutating func callLocal(_ instruction: Instruction, at index: Int, _ live: UInt16) {
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
