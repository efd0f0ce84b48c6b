internal import Bytecode
internal import Channel
internal import Maps

/// Helpers that hand records to a reader outside (kernel/bpf/ringbuf.c, `bpf_perf_event_output` in kernel/trace/bpf_trace.c and
/// net/core/filter.c). A record is the program's from the reservation to the commit, which the verifier sees to.
extension ProgramRunner {
    @_optimize(size) mutating func callRing(_ helper: Helper, _ registers: inout [16 of UInt64]) -> FaultKind? {
        switch helper {
        case .ringbufSubmit, .ringbufDiscard: return commit(registers[1], discards: helper == .ringbufDiscard)
        case .perfEventOutput: return outputPerfEvent(&registers)
        default: break
        }
        guard let map = maps.map(at: registers[1], ofType: .ringbuf) else { return refuse(registers[1]) }
        switch helper {
        case .ringbufReserve:
            // A lock that is held for too long is as good as no room.
            registers[0] = registers[3] == 0 ? (try? map.reserve(size: registers[2])) ?? 0 : 0
        case .ringbufOutput:
            let (data, size) = (registers[2], registers[3])
            guard mayRead(data, count: size) else { return refuse(data) }
            let wakeups: UInt64 = 1 << 0 | 1 << 1
            if registers[4] & ~wakeups != 0 {
                registers[0] = extend(LinuxError.invalid)
            } else {
                let isWritten = (try? map.output(data, size: size, tail: data)) ?? false
                registers[0] = isWritten ? 0 : extend(LinuxError.again)
            }
        default: registers[0] = map.queryRing(registers[2])
        }
        return nil
    }

    @_optimize(size) private mutating func commit(_ record: UInt64, discards: Bool) -> FaultKind? {
        guard let map = maps.ring(holding: record), map.commit(record, discards: discards) else {
            return refuse(record)
        }
        return nil
    }

    /// `bpf_perf_event_output`: into the ring of the event's own lane; of a packet, as many bytes as the flags say go after the data. What is
    /// wrong is found in Linux's order (`bpf_skb_event_output`, then `__bpf_perf_event_output`).
    @_optimize(size) private mutating func outputPerfEvent(_ registers: inout [16 of UInt64]) -> FaultKind? {
        guard let map = maps.map(at: registers[2], ofType: .perfEventArray) else { return refuse(registers[2]) }
        let (flags, data, size) = (registers[3], registers[4], registers[5])
        guard registers[1] == contextAddress || boot.entryConvention == .record else { return refuse(registers[1]) }
        guard mayRead(data, count: size) else { return refuse(data) }
        let lane = memory.loadRelaxed32(slot &+ EventSlot.lane)
        let claimed = flags & 0xFFFF_FFFF
        let index = claimed == 0xFFFF_FFFF ? UInt64(lane) : claimed
        // BPF_F_CTXLEN_MASK
        let tailSize = flags &>> 32 & 0xF_FFFF
        let result: Int64
        if flags &>> 52 != 0 || tailSize != 0 && boot.packetKind == .none {
            result = LinuxError.invalid
        } else if tailSize > packet.size {
            result = LinuxError.fault
        } else if index >= UInt64(map.descriptor.laneCount) {
            // An element that nobody has given a ring, or none at all.
            result = index < UInt64(map.descriptor.maximumEntries) ? LinuxError.noEntry : LinuxError.tooBig
        } else if index != UInt64(lane) {
            result = LinuxError.notSupported
        } else {
            let isWritten =
                (try? map.output(data, size: size, tail: packet.start, tailSize: tailSize, lane: lane)) ?? false
            result = isWritten ? 0 : LinuxError.noSpace
        }
        registers[0] = extend(result)
        return nil
    }

    /// `bpf_redirect_map`: what the key names in a map of targets, or, where it names nothing, the verdict in the flags.
    @_optimize(size) mutating func redirectToMap(_ registers: inout [16 of UInt64]) -> FaultKind? {
        guard boot.packetKind == .express else { return .unknownHelper }
        guard let map = maps.map(ofTargetsAt: registers[1]) else { return refuse(registers[1]) }
        let (key, flags) = (low(registers[2]), registers[3])
        // BPF_F_BROADCAST, BPF_F_EXCLUDE_INGRESS
        let type = map.descriptor.type
        let isOfDevices = type == MapKind.devmap.rawValue || type == MapKind.devmapHash.rawValue
        let ways: UInt64 = isOfDevices ? 1 << 3 | 1 << 4 : 0
        registers[0] = 0
        guard flags & ~(ways | 3) == 0 else { return nil }
        guard flags & 1 << 3 == 0 else {
            redirection = .max
            registers[0] = 4
            return nil
        }
        do throws(MapAccessError) {
            memory.store64(RegisterFile.spare, UInt64(key))
            let target = try map.target(ofKey: RegisterFile.spare)
            registers[0] = target == 0 ? flags & 3 : 4
            if target != 0 { redirection = isOfDevices ? target : key }
        } catch {
            refusedArgument = registers[1]
            return .corruptMap
        }
        return nil
    }

    /// `bpf_spin_lock`: waits as long as a writer of a map waits. A dead holder's lock is given back by the host.
    @_optimize(size) mutating func lockValue(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let lock = registers[1]
        guard mayWrite(lock, count: 4), lock & 3 == 0 else { return refuse(lock) }
        return maps.acquire(lock) ? nil : timedOut(lock)
    }

    /// `bpf_spin_unlock`.
    @_optimize(size) mutating func unlockValue(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let lock = registers[1]
        guard mayWrite(lock, count: 4), lock & 3 == 0 else { return refuse(lock) }
        _ = memory.exchange32(lock, 0)
        return nil
    }

    private mutating func timedOut(_ lock: UInt64) -> FaultKind {
        refusedArgument = lock
        return .corruptMap
    }
}
