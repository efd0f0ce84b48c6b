internal import Linux
internal import Measuring

/// Packets at a fixed rate into one far end, and what comes out of the other.
struct Traffic: ~Copyable {
    private var out: PacketSocket
    private var back: PacketSocket

    struct Outcome {
        var sent = 0
        var received = 0
        /// From before a packet is given to the kernel until it is seen, in nanoseconds.
        var latency: Summary?
    }

    init() throws {
        let first = try PacketSocket(interface: Wires.far[0], frames: 1024)
        let second = try PacketSocket(interface: Wires.far[1], frames: 1024)
        out = consume first
        back = consume second
    }

    /// UDP from 10.0.0.1 to 10.0.0.2, which the firewall passes; 64 bytes, of which the last 16 are a mark and the time. There are 32 flows, by the
    /// port that they come from, for links of several lanes.
    private static let frame: [UInt8] =
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
        + [0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0x26, 0xB9, 10, 0, 0, 1, 10, 0, 0, 2]
        + [0x13, 0x88, 0x13, 0x88, 0, 30, 0, 0] + [UInt8](repeating: 0, count: 22)

    /// Whether packets arrive yet.
    mutating func isUp(withinSeconds seconds: Double) throws -> Bool {
        let deadline = monotonicNanoseconds() + UInt64(seconds * 1e9)
        while monotonicNanoseconds() < deadline {
            if try run(rate: 100, seconds: 0.1).received > 0 { return true }
        }
        return false
    }

    mutating func run(rate: Int, seconds: Double) throws -> Outcome {
        var outcome = Outcome()
        var samples: [Double] = []
        samples.reserveCapacity(Int(Double(rate) * seconds) + 1)
        let mark = monotonicNanoseconds()
        let interval = 1e9 / Double(rate)
        let total = Int(Double(rate) * seconds)
        var unflushed = 0
        while outcome.sent < total {
            let now = monotonicNanoseconds()
            let due = min(total, Int(Double(now - mark) / interval) + 1)
            // What was not sent in time is sent at once, as a queue would, but not more than the other side can have room for.
            while outcome.sent < due, put(mark, outcome.sent) {
                outcome.sent += 1
                unflushed += 1
                if unflushed == 16 { break }
            }
            if unflushed > 0 {
                try out.flush()
                unflushed = 0
            }
            take(mark, &outcome, &samples)
        }
        // What is still under way.
        let end = monotonicNanoseconds() + 100_000_000
        while monotonicNanoseconds() < end, outcome.received < outcome.sent { take(mark, &outcome, &samples) }
        outcome.latency = Summary(samples)
        return outcome
    }

    private mutating func put(_ mark: UInt64, _ number: Int) -> Bool {
        guard let room = unsafe out.room() else { return false }
        // SAFETY (all): a place has room for the largest frame, and the numbers lie in it.
        unsafe room.copyBytes(from: Self.frame)
        unsafe room.storeBytes(of: UInt8(truncatingIfNeeded: number & 31), toByteOffset: 35, as: UInt8.self)
        unsafe room.storeBytes(of: mark, toByteOffset: 48, as: UInt64.self)
        unsafe room.storeBytes(of: monotonicNanoseconds(), toByteOffset: 56, as: UInt64.self)
        out.put(size: 64)
        return true
    }

    private mutating func take(_ mark: UInt64, _ outcome: inout Outcome, _ samples: inout [Double]) {
        while let arrival = back.next() {
            if case .frame(let bytes, _) = arrival, bytes.count >= 64 {
                // SAFETY: both numbers lie in the frame, as was just checked.
                let (its, sent) = unsafe (
                    bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: 56, as: UInt64.self)
                )
                if its == mark {
                    outcome.received += 1
                    samples.append(Double(monotonicNanoseconds() - sent))
                }
            }
            back.giveBack()
        }
    }
}
