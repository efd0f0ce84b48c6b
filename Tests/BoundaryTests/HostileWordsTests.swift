import Channel
import Foundation
import Linux
import Synchronization
import TestSupport
import Testing

@testable import Enclosure

/// The readers of a channel against a writer that changes words under them, without a guest, so that it goes fast.
@Suite("Hostile words")
struct HostileWordsTests {
    /// A channel in this process: private memory instead of a cell's.
    private struct Channel: ~Copyable {
        let window: Window
        let memory: CellMemory
        let boot: BootRecord

        init() throws {
            let geometry = try ChannelGeometry(slotCountShift: 2, slotSizeShift: 12, logCountShift: 2)
            var boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
            boot.fuel = 1000
            boot.initialSequence = 0xFFFF_FFF0
            let window = try Window(size: AddressMap.windowSize)
            try window.mapPrivate(at: AddressMap.channel, size: geometry.size)
            try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
            memory = CellMemory(unsafeBase: UInt(window.base))
            self.window = window
            self.boot = boot
        }
    }

    /// What a cell may do next: answer soundly, lie in one field, or write any word of the records.
    private struct Adversary {
        let memory: CellMemory
        let boot: BootRecord
        var random: SeededGenerator

        private var interesting: [UInt32] {
            [
                0, 1, 9, 10, 120, 121, 1000, 1001, 3584, 3585, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FEFF, 0xFFFF_FF00,
                0xFFFF_FFFF,
            ]
        }

        private mutating func anyWord() -> UInt32 {
            Bool.random(using: &random)
                ? interesting.randomElement(using: &random) ?? 0 : UInt32.random(in: 0 ... .max, using: &random)
        }

        mutating func step() {
            let geometry = boot.geometry
            let index = UInt32.random(in: 0..<4, using: &random)
            switch Int.random(in: 0..<16, using: &random) {
            case 0:
                memory.storeRelaxed32(
                    geometry.verdict(index) + 4 * UInt64.random(in: 0..<16, using: &random), anyWord())
            case 1:
                memory.storeRelaxed32(geometry.log(index) + 4 * UInt64.random(in: 0..<32, using: &random), anyWord())
            case 2...5: log(index, lie: Int.random(in: 0..<4, using: &random) == 0)
            default: answer(index, lie: Int.random(in: 0..<4, using: &random) == 0)
            }
        }

        /// Answers whatever event lies in slot `index`.
        private mutating func answer(_ index: UInt32, lie: Bool) {
            let record = boot.geometry.verdict(index)
            memory.storeRelaxed32(record + VerdictRecord.fault, Bool.random(using: &random) ? 0 : 1)
            memory.storeRelaxed64(record + VerdictRecord.fuelLeft, 10)
            memory.storeRelaxed32(record + VerdictRecord.payloadOffset, 0)
            memory.storeRelaxed32(record + VerdictRecord.payloadSize, 64)
            if lie {
                let fields = [
                    VerdictRecord.fault, VerdictRecord.fuelLeft, VerdictRecord.fuelLeft + 4,
                    VerdictRecord.payloadOffset,
                    VerdictRecord.payloadSize,
                ]
                memory.storeRelaxed32(record + (fields.randomElement(using: &random) ?? 0), anyWord())
            }
            memory.storeRelease32(record, memory.loadAcquire32(boot.geometry.slot(index)))
        }

        /// Writes the record that the reader waits for, or one beside it.
        private mutating func log(_ index: UInt32, lie: Bool) {
            let next = memory.loadAcquire32(HostWords.logConsumed) &+ 1
            let record = boot.geometry.log(next)
            memory.storeRelaxed32(record + LogRecord.length, lie ? anyWord() : index * 40)
            memory.storeRelease32(record, lie && index == 0 ? anyWord() : next)
        }
    }

    @Test(
        "whatever is written meanwhile, a reader takes a sound verdict or names what is wrong; each outcome occurs",
        arguments: [1, 2])
    func concurrentWriter(seed: UInt64) throws {
        let channel = try Channel()
        let (memory, boot) = (channel.memory, channel.boot)
        let stop = Stop()
        let writer = Thread {
            var adversary = Adversary(memory: memory, boot: boot, random: SeededGenerator(seed: seed))
            while !stop.isSet { for _ in 0..<64 { adversary.step() } }
            stop.acknowledge()
        }
        writer.start()
        defer {
            stop.set()
            while !stop.isAcknowledged { usleep(100) }
        }
        let outcomes = try consume(memory, boot)
        #expect(Set(outcomes.keys) == Self.expected, "\(outcomes)")
    }

    /// Every outcome that there is; each must occur, and no other.
    private static let expected: Set = [
        "accepted", "faulted", "line", "sequence", "faultKind", "fuel", "payload", "logLength", "logSequence",
    ]

    private func consume(_ memory: CellMemory, _ boot: BootRecord) throws -> [String: Int] {
        var outcomes: [String: Int] = [:]
        var words = 0
        let started = monotonicNanoseconds()
        let payload = [UInt8](repeating: 0x5A, count: 64)
        var copy = [UInt8](repeating: 0, count: 4096)
        while words < 10_000_000 || !Self.expected.isSubset(of: outcomes.keys) {
            var ring = EventRing(memory: memory, boot: boot)
            var log = LogReader(memory: memory, boot: boot)
            do throws(ChannelError) {
                while true {
                    while !ring.isFull {
                        payload.withUnsafeBytes { payload in
                            ring.submit(
                                context: UnsafeRawBufferPointer(start: nil, count: 0), payload: payload, lane: 0,
                                time: 0)
                        }
                    }
                    if let verdict = try ring.poll() {
                        words += 9
                        let slots = boot.geometry.slots..<boot.geometry.slots + 4 * boot.geometry.slotSize
                        let end = verdict.payloadAddress + UInt64(verdict.payloadSize)
                        if verdict.instructionsExecuted > boot.fuel {
                            outcomes["more than there was fuel for", default: 0] += 1
                        }
                        if verdict.payloadAddress < slots.lowerBound || end > slots.upperBound {
                            outcomes["a payload outside the slots", default: 0] += 1
                        }
                        let count = copy.withUnsafeMutableBytes { ring.copyPayload(of: verdict, into: $0) }
                        words += count / 4
                        if case .faulted = verdict.ending {
                            outcomes["faulted", default: 0] += 1
                        } else {
                            outcomes["accepted", default: 0] += 1
                        }
                    }
                    if let line = try log.poll() {
                        words += 2 + line.utf8.count / 4
                        outcomes["line", default: 0] += 1
                        if !line.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
                            outcomes["unprintable", default: 0] += 1
                        }
                    }
                    words += 2
                    if words % 1024 < 16, monotonicNanoseconds() - started > 120_000_000_000 { return outcomes }
                }
            } catch {
                outcomes[String("\(error)".prefix { $0 != "(" }), default: 0] += 1
            }
        }
        return outcomes
    }

    /// A flag between two threads, and its answer.
    private final class Stop: Sendable {
        private let flag = Atomic<Int>(0)
        func set() { flag.store(1, ordering: .releasing) }
        var isSet: Bool { flag.load(ordering: .acquiring) != 0 }
        func acknowledge() { flag.store(2, ordering: .releasing) }
        var isAcknowledged: Bool { flag.load(ordering: .acquiring) == 2 }
    }

    @Test("every report that a monitor can leave is an end of a cell with a name", arguments: 0..<40 as Range<UInt64>)
    func monitorReports(seed: UInt64) throws {
        let window = try Window(size: MonitorWords.size)
        try window.mapPrivate(at: 0, size: MonitorWords.size)
        let report = MonitorReport(memory: CellMemory(unsafeBase: UInt(window.base)))
        var random = SeededGenerator(seed: seed)
        for offset in stride(from: 0, to: MonitorWords.size, by: 8) { report.memory.store64(offset, random.next()) }
        for reason in [UInt32](0...12) + [0x7FFF_FFFF, .max] {
            for known in [0, 1] as [UInt32] {
                report.memory.store32(MonitorWords.reason, reason)
                report.memory.store32(MonitorWords.faultKnown, known)
                switch report.end() {
                case .invalidReport(let got):
                    let needsPlace = reason == 1 || reason == 9
                    #expect(got == reason && (EndReason(rawValue: reason) == nil || (needsPlace && known == 0)))
                case .fault: #expect(reason == 1 && known == 1)
                case .signal: #expect(reason == 9 && known == 1)
                case .stopped(let place): #expect(reason == 2 && (place != nil) == (known == 1))
                case .strayAccess(_, let isWrite, _): #expect(reason == (isWrite ? 4 : 3))
                case .doorbellStorm: #expect(reason == 5)
                case .unexpectedExit: #expect(reason == 6)
                case .machine: #expect(reason == 7)
                case .confinement: #expect(reason == 8)
                }
            }
        }
        // Random bytes are no confinement report.
        #expect(report.confinement() == nil)
    }
}
