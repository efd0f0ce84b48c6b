internal import Channel

/// A helper that is given the context of a packet.
enum PacketCall {
    case adjustHead, adjustTail, adjustMeta, length, expressLoad, expressStore
    case load, loadRelative, store, pull, replaceNetworkChecksum, replaceTransportChecksum, hash

    var kind: PacketKind {
        switch self {
        case .adjustHead, .adjustTail, .adjustMeta, .length, .expressLoad, .expressStore: .express
        case .load, .loadRelative, .store, .pull, .replaceNetworkChecksum, .replaceTransportChecksum, .hash: .buffer
        }
    }
}

/// Helpers on packets, as net/core/filter.c has them: what they refuse, and with which number, is Linux's.
extension ProgramRunner {
    @_optimize(size) mutating func callPacket(_ call: PacketCall, _ registers: inout [16 of UInt64]) -> FaultKind? {
        guard call.kind == boot.packetKind else { return .unknownHelper }
        // What a verifier has proven is the context; that nobody has proven anything of must be it all the same.
        guard registers[1] == contextAddress else { return refuse(registers[1]) }
        let bytes = registers[3]
        switch call {
        case .load, .loadRelative, .expressLoad:
            guard mayWrite(bytes, count: registers[4]) else { return refuse(bytes) }
        case .store, .expressStore:
            guard mayRead(bytes, count: registers[4]) else { return refuse(bytes) }
        case .adjustHead, .adjustTail, .adjustMeta, .length, .pull, .replaceNetworkChecksum,
            .replaceTransportChecksum, .hash:
            break
        }
        // The kernel's offsets and sizes are of 32 bits.
        let offset = registers[2] & 0xFFFF_FFFF
        let count = registers[4] & 0xFFFF_FFFF
        let result: Int64
        switch call {
        case .adjustHead: result = adjustHead(extend(signed(low(registers[2]))))
        case .adjustTail: result = adjustTail(extend(signed(low(registers[2]))))
        case .adjustMeta: result = adjustMeta(extend(signed(low(registers[2]))))
        case .length: result = signed(packet.size)
        case .expressLoad: result = copyExpress(offset, to: bytes, count, storesInPacket: false)
        case .expressStore: result = copyExpress(offset, to: bytes, count, storesInPacket: true)
        case .load: result = load(packet.start &+ offset, holds: packet.holds(offset, count), to: bytes, count)
        case .loadRelative: result = loadRelative(offset, to: bytes, count, header: registers[5] & 0xFFFF_FFFF)
        case .store: result = store(bytes, count, at: offset, flags: registers[5])
        case .pull: result = packet.holds(0, offset) ? 0 : LinuxError.noMemory
        case .replaceNetworkChecksum:
            result = replaceChecksum(at: offset, registers[3], registers[4], registers[5], ofTransport: false)
        case .replaceTransportChecksum:
            result = replaceChecksum(at: offset, registers[3], registers[4], registers[5], ofTransport: true)
        case .hash: result = Int64(packetHash())
        }
        registers[0] = extend(result)
        return nil
    }

    // MARK: struct xdp_md

    /// The first byte that a packet may move to.
    private var headLimit: UInt64 {
        slot &+ EventSlot.payload &- EventSlot.headroom &+ EventSlot.reservedHeadroom
    }

    private static let linkSize = UInt64(PacketHeaders.linkSize)

    /// `distance`, here and below: 64 bits, wrapping.
    @_optimize(size) private mutating func adjustHead(_ distance: UInt64) -> Int64 {
        let metaSize = packet.start &- packet.meta
        let start = packet.start &+ distance
        // Nothing is near either end of the 64 bits, so signed differences do not wrap.
        guard signed(start &- (headLimit &+ metaSize)) >= 0, signed(packet.end &- start) >= signed(Self.linkSize)
        else { return LinuxError.invalid }
        expose(start &- metaSize)
        memory.move(from: packet.meta, to: start &- metaSize, count: metaSize)
        packet.meta = start &- metaSize
        packet.start = start
        showPacket()
        return 0
    }

    @_optimize(size) private mutating func adjustMeta(_ distance: UInt64) -> Int64 {
        let meta = packet.meta &+ distance
        guard signed(meta &- headLimit) >= 0, signed(packet.start &- meta) >= 0 else { return LinuxError.invalid }
        // Its length has eight bits in a buffer's shared information, and is of whole words.
        let size = packet.start &- meta
        guard size & 3 == 0, size <= 255 else { return LinuxError.access }
        expose(meta)
        packet.meta = meta
        showPacket()
        return 0
    }

    @_optimize(size) private mutating func adjustTail(_ distance: UInt64) -> Int64 {
        let end = packet.end &+ distance
        guard signed(tailLimit &- end) >= 0, signed(end &- packet.start) >= signed(Self.linkSize) else {
            return LinuxError.invalid
        }
        if signed(distance) > 0 { memory.zero(packet.end, count: Int(truncatingIfNeeded: distance)) }
        packet.end = end
        showPacket()
        return 0
    }

    /// A packet that Linux keeps in a page ends where Linux's would have to, before what a buffer's shared information takes.
    private var tailLimit: UInt64 {
        let inPage = AddressMap.pageSize &- EventSlot.headroom &- 320
        let size = UInt64(memory.loadRelaxed32(slot &+ EventSlot.payloadSize))
        let isInPage = size <= inPage && inPage <= boot.geometry.payloadCapacity
        return slot &+ EventSlot.payload &+ (isInPage ? inPage : boot.geometry.payloadCapacity)
    }

    /// No event sees what another left in the headroom.
    @_optimize(size) private mutating func expose(_ address: UInt64) {
        guard address < packet.lowest else { return }
        memory.zero(address, count: Int(truncatingIfNeeded: packet.lowest &- address))
        packet.lowest = address
    }

    /// Lets context and checks follow the packet.
    @_optimize(size) private mutating func showPacket() {
        memory.store32(contextAddress, low(packet.start))
        memory.store32(contextAddress &+ 4, low(packet.end))
        memory.store32(contextAddress &+ 8, low(packet.meta))
        regions.move(payload: packet.meta, packet.end &- packet.meta)
    }

    @_optimize(size) private func copyExpress(_ offset: UInt64, to bytes: UInt64, _ count: UInt64, storesInPacket: Bool)
        -> Int64
    {
        guard offset <= 0xFFFF, count <= 0xFFFF else { return LinuxError.fault }
        guard packet.holds(offset, count) else { return LinuxError.invalid }
        let place = packet.start &+ offset
        memory.move(from: storesInPacket ? bytes : place, to: storesInPacket ? place : bytes, count: count)
        return 0
    }

    // MARK: struct __sk_buff

    @_optimize(size) private func load(_ place: UInt64, holds: Bool, to bytes: UInt64, _ count: UInt64) -> Int64 {
        guard holds else {
            memory.zero(bytes, count: Int(truncatingIfNeeded: count))
            return LinuxError.fault
        }
        memory.move(from: place, to: bytes, count: count)
        return 0
    }

    /// Where the headers of the packet lie.
    var headers: PacketHeaders {
        PacketHeaders(rawValue: UInt16(truncatingIfNeeded: memory.loadRelaxed32(slot &+ EventSlot.contextSize) >> 16))
    }

    @_optimize(size) private func loadRelative(_ offset: UInt64, to bytes: UInt64, _ count: UInt64, header: UInt64)
        -> Int64
    {
        let headers = headers
        // BPF_HDR_START_MAC, BPF_HDR_START_NET (include/uapi/linux/bpf.h).
        let isKnown = header == 1 || header == 0 && headers.hasLink
        let start = header == 1 ? packet.start &+ headers.networkOffset : packet.start &- headers.sizeBefore
        let room = packet.end &- start
        let holds = isKnown && offset <= 0xFFFF && signed(room) >= 0 && offset <= room && count <= room &- offset
        return load(start &+ offset, holds: holds, to: bytes, count)
    }

    private static let hashOffset: UInt64 = 68

    @_optimize(size) private func store(_ bytes: UInt64, _ count: UInt64, at offset: UInt64, flags: UInt64) -> Int64 {
        // BPF_F_RECOMPUTE_CSUM asks for nothing here: no sum of the whole packet is kept. BPF_F_INVALIDATE_HASH.
        guard flags & ~3 == 0 else { return LinuxError.invalid }
        guard packet.holds(offset, count) else { return LinuxError.fault }
        memory.move(from: bytes, to: packet.start &+ offset, count: count)
        if flags & 2 != 0 { memory.store32(contextAddress &+ Self.hashOffset, 0) }
        return 0
    }

    /// `hash` of the context; where it is 0 it is made, and kept there.
    @_optimize(size) private func packetHash() -> UInt32 {
        let known = memory.load32(contextAddress &+ Self.hashOffset)
        if known != 0 { return known }
        let hash = FlowHash(of: packet, headers, in: memory, seed: boot.randomSeed).value
        memory.store32(contextAddress &+ Self.hashOffset, hash)
        return hash
    }

    // MARK: verdicts

    /// XDP_REDIRECT or TC_ACT_REDIRECT, and where to; XDP_ABORTED or TC_ACT_SHOT for flags that there are not.
    @_optimize(size) mutating func redirect(_ registers: inout [16 of UInt64]) -> FaultKind? {
        let allowed: UInt64
        switch boot.packetKind {
        case .none: return .unknownHelper
        case .express: allowed = 0
        case .buffer: allowed = 1  // BPF_F_INGRESS
        }
        let isSound = registers[2] & ~allowed == 0
        if isSound { redirection = low(registers[1]) }
        registers[0] = boot.packetKind == .express ? (isSound ? 4 : 0) : (isSound ? 7 : 2)
        return nil
    }
}
