internal import Bytecode
internal import Channel

extension Notes {
    private static let result: UInt16 = 1 << 0
    /// R1 to R5.
    private static let arguments: UInt16 = 0x3E
    /// R6 to R9, which a local call gives back, and R10, which nothing writes.
    private static let kept: UInt16 = 0x7C0

    /// Every register of a program.
    private static let all: UInt16 = 0x7FF
    /// Ordinary programs need as many passes as their loops are nested, and one more.
    private static let mostPasses = 16

    /// Finds which registers matter where: from the last instruction to the first, again while a jump backwards brings something new.
    ///
    /// What the interpreter keeps is kept here: R1 to R5 survive a call of a helper, and what a called function leaves in R0 to R5 is
    /// there for its caller. The verifier lets nobody read either, so for what it accepts they are dead.
    mutating func findLiveRegisters(_ code: borrowing Span<Instruction>, _ profile: HelperProfile) {
        // What callers may read after an exit; grows as their calls are seen.
        var afterExit = Self.result
        var changes = true
        var passes = 0
        while changes {
            // A program of blocks in the wrong order could ask for as many passes as it has blocks. That everything matters is true enough.
            guard passes < Self.mostPasses else {
                for index in 0..<count { setLive(Self.all, before: index) }
                return
            }
            passes += 1
            changes = false
            var live: UInt16 = 0
            var index = code.count - 1
            while index >= 0 {
                index = setLive(ofUsualBefore: index &+ 1, &live)
                if index < 0 { break }
                let effect = effects(index)
                guard effect.contains(.isReachable) else {
                    live = 0
                    index &-= 1
                    continue
                }
                if effect.contains(.occupiesTwoSlots) { live = liveBefore(index + 2) }
                let instruction = code[index]
                let target = Int(instruction.offset)
                if effect.contains(.branches) {
                    switch way(index) {
                    case .either: live |= liveBefore(target)
                    case .onward: break
                    case .jump: live = liveBefore(target)
                    }
                } else if effect.contains(.jumps) {
                    live = liveBefore(target)
                } else if effect.contains(.callsHelper) {
                    live = live & ~Self.result | Self.arguments(ofHelper: instruction.immediate, profile)
                } else if effect.contains(.callsLocal) {
                    let handedOver = live & ~Self.kept & ~afterExit
                    if handedOver != 0 {
                        afterExit |= handedOver
                        changes = true
                    }
                    live = live & Self.kept | liveBefore(target)
                } else if !effect.isDisjoint(with: [.exits, .faults]) {
                    live = effect.contains(.exits) ? afterExit : 0
                }
                live = self.live(before: index, live)
                if effect.contains(.readsResult) { live |= Self.result }
                if effect.contains(.isLoopHead), live != liveBefore(index) { changes = true }
                setLive(live, before: index)
                index &-= 1
            }
        }
    }

    /// The registers that a helper reads.
    private static func arguments(ofHelper id: Int64, _ profile: HelperProfile) -> UInt16 {
        switch profile {
        case .conformance: return id == 5 ? 1 << 1 : 0
        case .linux: break
        }
        guard let helper = Helper(rawValue: UInt32(truncatingIfNeeded: id)) else { return 0 }
        switch helper {
        case .mapLookupElement, .mapDeleteElement: return 0x06
        case .mapPopElement, .mapPeekElement: return 0x06
        case .mapPushElement, .mapLookupPerCPUElement: return 0x0E
        case .mapUpdateElement: return 0x1E
        case .tracePrintk: return Self.arguments
        case .tailCall: return 0x0E
        case .skbStoreBytes, .l3ChecksumReplace, .l4ChecksumReplace, .checksumDifference, .skbLoadBytesRelative,
            .snprintf, .perfEventOutput:
            return Self.arguments
        case .skbLoadBytes, .xdpLoadBytes, .xdpStoreBytes, .stringToSigned, .stringToUnsigned, .traceVprintk,
            .ringbufOutput:
            return 0x1E
        case .stringCompare, .redirectMap, .ringbufReserve, .mapElementFrom: return 0x0E
        case .getCurrentCommand, .redirect, .skbPullData, .xdpAdjustHead, .xdpAdjustMeta, .xdpAdjustTail,
            .ringbufSubmit, .ringbufDiscard, .ringbufQuery:
            return 0x06
        case .getHashRecalculated, .getSocketCookie, .xdpGetBufferLength, .spinLock, .spinUnlock: return 0x02
        case .ktimeGetNanoseconds, .getPrandomUInt32, .getSMPProcessorID, .getCurrentProcess, .getCurrentUser,
            .getNUMANodeID, .getCurrentCgroupID, .ktimeGetBootNanoseconds, .ktimeGetCoarseNanoseconds,
            .ktimeGetAtomicNanoseconds:
            return 0
        }
    }
}
