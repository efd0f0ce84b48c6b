import CKernelRun
import Channel
import Foundation
import Maps
import Testing

struct KernelPlan: Sendable, CustomTestStringConvertible {
    let kind: MapKind
    var key: UInt32 = 4
    var value: UInt32 = 8
    let entries: UInt32
    var flags: UInt32 = 0
    var extra: UInt64 = 0
    var testDescription: String { "\(kind), \(key) to \(value) bytes, \(entries) entries" }
}

/// One map of the running kernel, through bpf(2). User space sees a per-CPU value as one value per possible processor.
final class KernelMap {
    static let processors: Int = {
        // "0-1", "0", "0-3,8-11": the last number is what counts.
        let text = (try? String(contentsOfFile: "/sys/devices/system/cpu/possible", encoding: .utf8)) ?? "0"
        return (text.split { !$0.isNumber }.last.flatMap { Int($0) } ?? 0) + 1
    }()

    static let isPossible = geteuid() == 0 && KernelMap(KernelPlan(kind: .array, entries: 1), processors: 1) != nil

    private let descriptor: Int32
    let valueSize: Int

    /// nil where the kernel makes no such map for us.
    init?(_ plan: KernelPlan, processors: Int) {
        valueSize = plan.kind.isPerCPU ? (Int(plan.value) + 7) / 8 * 8 * processors : Int(plan.value)
        descriptor = kernelrun_any_map(
            plan.kind.rawValue, plan.key, plan.value, plan.entries, plan.flags | plan.kind.requiredFlags.rawValue,
            plan.extra)
        guard descriptor >= 0 else { return nil }
    }

    deinit { kernelrun_close(descriptor) }

    func set(_ key: [UInt8]?, _ value: [UInt8], _ mode: MapUpdate) -> Int64 {
        Int64(key.withPointer { key in kernelrun_update(descriptor, key, value, mode.rawValue) })
    }

    func remove(_ key: [UInt8]) -> Int64 { Int64(kernelrun_delete(descriptor, key)) }

    func get(_ key: [UInt8]?, removes: Bool = false) -> (answer: Int64, value: [UInt8]) {
        var value = [UInt8](repeating: 0, count: valueSize)
        let answer = key.withPointer { kernelrun_lookup(descriptor, $0, &value, removes ? 1 : 0) }
        return (Int64(answer), value)
    }

    func holds(_ value: [UInt8]) -> Int64 {
        var value = value
        return Int64(kernelrun_lookup(descriptor, nil, &value, 0))
    }

    func following(_ key: [UInt8]?, size: Int) -> [UInt8]? {
        var next = [UInt8](repeating: 0, count: size)
        return key.withPointer { kernelrun_next(descriptor, $0, &next) } == 0 ? next : nil
    }

    enum Operation: Int32 { case lookup, take, update, remove }

    /// An operation on many elements, in the form in which ours answer.
    func batch(
        _ operation: Operation, token: [UInt8]? = nil, keys: [UInt8], values: [UInt8], count: Int, keySize: Int
    ) -> MapBatch {
        var (keys, values) = (keys, values)
        var out = [UInt8](repeating: 0xEE, count: 512)
        var number = UInt32(count)
        let answer = token.withPointer {
            kernelrun_batch(operation.rawValue, descriptor, $0, &out, &keys, &values, &number, 0)
        }
        var result = MapBatch()
        result.answer = Int64(answer)
        result.count = Int(number)
        guard operation == .lookup || operation == .take else { return result }
        result.keys = Array(keys.prefix(result.count * keySize))
        result.values = Array(values.prefix(result.count * valueSize))
        result.token = out
        return result
    }

    func keys(size: Int) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        var key: [UInt8]?
        while let next = following(key, size: size), keys.count < 100_000 {
            keys.append(next)
            key = next
        }
        return keys
    }
}

extension Optional where Wrapped == [UInt8] {
    fileprivate func withPointer<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        guard let bytes = self else { return body(nil) }
        return bytes.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

/// The same scripts of operations on the running kernel's maps and on ours: every answer and every value equal. As root
/// alone, since Linux makes maps for nobody else.
@Suite("Maps beside the kernel's", .serialized, .enabled(if: KernelMap.isPossible, "needs root and bpf(2)"))
struct KernelDifferentialTests {
    static let keyed = [
        KernelPlan(kind: .hash, entries: 1), KernelPlan(kind: .hash, key: 3, value: 12, entries: 40),
        KernelPlan(kind: .hash, key: 16, value: 5, entries: 300), KernelPlan(kind: .array, value: 12, entries: 50),
        KernelPlan(kind: .perCPUHash, key: 8, value: 12, entries: 30),
        KernelPlan(kind: .perCPUArray, value: 20, entries: 20),
        KernelPlan(kind: .lpmTrie, key: 5, value: 3, entries: 20),
        KernelPlan(kind: .lpmTrie, key: 8, value: 8, entries: 100),
        KernelPlan(kind: .lpmTrie, key: 20, value: 16, entries: 60),
        KernelPlan(kind: .lpmTrie, key: 8, value: 8, entries: 1),
        // No more keys than entries, so that nothing has to go: Linux lets go of as many at once as it likes.
        KernelPlan(kind: .lruHash, key: 2, value: 8, entries: 70_000),
        KernelPlan(kind: .lruPerCPUHash, key: 2, value: 8, entries: 70_000),
    ]

    private func key(_ plan: KernelPlan, _ random: inout SplitMix) -> [UInt8] {
        switch plan.kind {
        case .lpmTrie: return TrieTests.randomKey(Int(plan.key), spread: 8, &random)
        case .array, .perCPUArray: return bytes(random.next() % UInt64(plan.entries + 2))
        case .lruHash, .lruPerCPUHash: return bytes(random.next() % 200, Int(plan.key))
        case .hash, .perCPUHash, .programArray, .queue, .stack, .bloomFilter, .perfEventArray, .arrayOfMaps,
            .hashOfMaps,
            .devmap, .devmapHash, .cpumap, .xskmap, .ringbuf:
            return bytes(random.next() % UInt64(plan.entries + plan.entries / 2 + 2), Int(plan.key))
        }
    }

    /// All lanes of a key's value as user space sees them.
    private func lanes(_ storage: Storage, _ key: [UInt8]) throws -> [UInt8]? {
        var all: [UInt8] = []
        for lane in 0..<storage.descriptor.laneCount {
            guard let value = try storage.host.value(key, lane: lane) else { return nil }
            all += value
            if storage.descriptor.laneCount > 1 || storage.descriptor.kindIsPerCPU {
                all += [UInt8](repeating: 0, count: Int(storage.descriptor.valueStride - storage.descriptor.valueSize))
            }
        }
        return all
    }

    @Test("update, delete, look-up and next-key answer alike", arguments: keyed)
    func keyedMaps(plan: KernelPlan) throws {
        let kernel = try #require(KernelMap(plan, processors: KernelMap.processors))
        let lanes = plan.kind.isPerCPU ? UInt32(KernelMap.processors) : 1
        let storage = try Storage(
            plan.kind, key: plan.key, value: plan.value, entries: plan.entries, flags: plan.flags, lanes: lanes)
        var random = SplitMix(state: UInt64(plan.entries))
        var keys: [[UInt8]] = []
        for round in 0..<8_000 {
            var name = key(plan, &random)
            if keys.count < 64 {
                keys.append(name)
            } else if random.next() & 1 == 0 {
                name = keys.randomElement(using: &random)!
            }
            switch random.next() % 6 {
            case 0, 1:
                let mode = [MapUpdate.createOrReplace, .createOrReplace, .create, .replace].randomElement(
                    using: &random)!
                let values = (0..<lanes).map { _ in bytes(random.next(), Int(plan.value)) }
                let padding =
                    plan.kind.isPerCPU
                    ? [UInt8](repeating: 0, count: Int(storage.descriptor.valueStride - plan.value)) : []
                let answer = kernel.set(name, values.flatMap { $0 + padding }, mode)
                #expect(try storage.host.set(name, values[0], mode: mode) == answer, "round \(round), \(name)")
                // User space gives all lanes at once.
                for lane in 1..<max(lanes, 1) where answer == 0 {
                    #expect(try storage.host.set(name, values[Int(lane)], lane: lane) == 0)
                }
            case 2: #expect(try storage.host.remove(name) == kernel.remove(name), "round \(round), \(name)")
            case 3 where plan.kind == .lpmTrie || plan.kind == .array || plan.kind == .perCPUArray:
                // Both have an order that does not depend on a hash.
                #expect(
                    try storage.host.following(name) == kernel.following(name, size: Int(plan.key)),
                    "round \(round), \(name)")
            default:
                let (answer, value) = kernel.get(name)
                #expect(
                    try self.lanes(storage, name) == (answer == 0 ? value : nil), "round \(round), \(name): \(answer)")
            }
            if round % 400 == 0 {
                let own = try storage.host.elements().map(\.key)
                let others = kernel.keys(size: Int(plan.key))
                if plan.kind.structure == .hash { #expect(Set(own) == Set(others)) } else { #expect(own == others) }
            }
        }
    }

    @Test("batches answer alike", arguments: keyed)
    func batches(plan: KernelPlan) throws {
        let lanes = plan.kind.isPerCPU ? UInt32(KernelMap.processors) : 1
        let kernel = try #require(KernelMap(plan, processors: KernelMap.processors))
        let storage = try Storage(
            plan.kind, key: plan.key, value: plan.value, entries: plan.entries, flags: plan.flags, lanes: lanes)
        let (keySize, valueSize) = (Int(plan.key), storage.host.batchValueSize)
        #expect(valueSize == kernel.valueSize)
        var random = SplitMix(state: UInt64(plan.entries) &+ 1)
        func room(_ count: Int) -> (keys: [UInt8], values: [UInt8]) {
            ([UInt8](repeating: 0, count: count * keySize), [UInt8](repeating: 0, count: count * valueSize))
        }
        /// Values as user space has them: the rest of each lane's words is zero.
        func value() -> [UInt8] {
            (0..<lanes).flatMap { _ in
                bytes(random.next(), Int(plan.value))
                    + [UInt8](repeating: 0, count: valueSize / Int(lanes) - Int(plan.value))
            }
        }
        /// All elements by batches of random sizes, on both sides.
        func compareAll(_ operation: KernelMap.Operation) throws {
            var (own, others): ([[UInt8]: [UInt8]], [[UInt8]: [UInt8]]) = ([:], [:])
            func gather(_ batch: MapBatch, into all: inout [[UInt8]: [UInt8]]) {
                for place in 0..<batch.count {
                    all[Array(batch.keys[place * keySize..<(place + 1) * keySize])] =
                        Array(batch.values[place * valueSize..<(place + 1) * valueSize])
                }
            }
            var (ownToken, otherToken): ([UInt8]?, [UInt8]?) = (nil, nil)
            var (ownEnd, otherEnd): (Int64, Int64) = (0, 0)
            for _ in 0..<100_000 where ownEnd == 0 || otherEnd == 0 {
                let count = Int.random(in: 1...70, using: &random)
                let (keys, values) = room(count)
                if ownEnd == 0 {
                    let batch =
                        operation == .take
                        ? try storage.host.takeBatch(from: ownToken, count: count)
                        : try storage.host.lookupBatch(from: ownToken, count: count)
                    gather(batch, into: &own)
                    (ownToken, ownEnd) = (batch.token, batch.answer == LinuxErrno.noSpace ? 0 : batch.answer)
                }
                guard otherEnd == 0 else { continue }
                let batch = kernel.batch(
                    operation, token: otherToken, keys: keys, values: values, count: count, keySize: keySize)
                gather(batch, into: &others)
                (otherToken, otherEnd) = (batch.token, batch.answer == LinuxErrno.noSpace ? 0 : batch.answer)
            }
            #expect(ownEnd == otherEnd && own == others, "\(operation): \(own.count), \(others.count)")
        }
        // Each look goes over all buckets, of which a large map has many.
        for round in 0..<(plan.entries > 1_000 ? 5 : 40) {
            // New keys and old ones, and sometimes more than there is room for.
            let count = Int.random(in: 0...40, using: &random)
            var named: Set<[UInt8]> = []
            var keys: [[UInt8]] = []
            for _ in 0..<count {
                let key = key(plan, &random)
                if named.insert(key).inserted || plan.kind.structure == .array { keys.append(key) }
            }
            let values = keys.map { _ in value() }
            let flat = (keys: keys.flatMap { $0 }, values: values.flatMap { $0 })
            let updated = try storage.host.updateBatch(keys: flat.keys, values: flat.values, count: keys.count)
            let other = kernel.batch(
                .update, keys: flat.keys + [0], values: flat.values + [0], count: keys.count, keySize: keySize)
            #expect(updated.answer == other.answer && updated.count == other.count, "round \(round)")
            try compareAll(.lookup)
            let victims = keys.shuffled(using: &random).prefix(keys.count / 2).flatMap { $0 }
            let removed = try storage.host.removeBatch(keys: victims, count: victims.count / keySize)
            let gone = kernel.batch(
                .remove, keys: victims + [0], values: [0], count: victims.count / keySize, keySize: keySize)
            // The kernel leaves the count as it was where a kind of map has no such operation.
            let counts = gone.answer != LinuxErrno.noSuchOperation
            #expect(removed.answer == gone.answer && (!counts || removed.count == gone.count), "round \(round)")
            if round % 5 == 4 { try compareAll(plan.kind.structure == .hash ? .take : .lookup) }
            if plan.kind.structure != .hash {
                // The order is no matter of a hash: every call answers the same, tokens too.
                var token: [UInt8]?
                for _ in 0..<8 {
                    let count = Int.random(in: 1...9, using: &random)
                    let (keys, values) = room(count)
                    let own = try storage.host.lookupBatch(from: token, count: count)
                    var other = kernel.batch(
                        .lookup, token: token, keys: keys, values: values, count: count, keySize: keySize)
                    other.token = own.count > 0 ? Array(other.token?.prefix(keySize) ?? []) : nil
                    #expect(own == other, "round \(round)")
                    guard own.answer == 0, let next = own.token else { break }
                    token = next
                }
                let (keys, values) = room(4)
                #expect(
                    try storage.host.takeBatch(from: nil, count: 4).answer
                        == kernel.batch(.take, keys: keys, values: values, count: 4, keySize: keySize).answer)
            }
        }
    }

    @Test(
        "push, pop and peek answer alike",
        arguments: [
            KernelPlan(kind: .queue, key: 0, value: 12, entries: 1),
            KernelPlan(kind: .queue, key: 0, value: 8, entries: 20),
            KernelPlan(kind: .stack, key: 0, value: 12, entries: 1),
            KernelPlan(kind: .stack, key: 0, value: 8, entries: 20),
        ])
    func queues(plan: KernelPlan) throws {
        let kernel = try #require(KernelMap(plan, processors: 1))
        let storage = try Storage(plan.kind, key: 0, value: plan.value, entries: plan.entries)
        var random = SplitMix(state: UInt64(plan.entries))
        for round in 0..<8_000 {
            switch random.next() % 4 {
            case 0, 1:
                let value = bytes(random.next(), Int(plan.value))
                let mode = [MapUpdate.createOrReplace, .createOrReplace, .create, .replace].randomElement(
                    using: &random)!
                #expect(try storage.host.push(value, mode: mode) == kernel.set(nil, value, mode), "round \(round)")
            default:
                let removes = random.next() & 1 == 0
                let (answer, value) = kernel.get(nil, removes: removes)
                let own = try storage.host.take(removes: removes)
                #expect(own.answer == answer && (answer != 0 || own.value == value), "round \(round)")
            }
        }
    }

    @Test(
        "a filter of the kernel's is as large, as sure of what it saw, and about as often wrong",
        arguments: [0, 1, 4, 9] as [UInt64])
    func filters(hashes: UInt64) throws {
        let plan = KernelPlan(kind: .bloomFilter, key: 0, value: 8, entries: 1_000, extra: hashes)
        let kernel = try #require(KernelMap(plan, processors: 1))
        let storage = try Storage(.bloomFilter, key: 0, value: 8, entries: 1_000, extra: hashes)
        for value in UInt64(0)..<1_000 {
            #expect(try storage.host.push(bytes(value, 8)) == kernel.set(nil, bytes(value, 8), .createOrReplace))
        }
        #expect(try storage.host.push(bytes(1, 8), mode: .replace) == kernel.set(nil, bytes(1, 8), .replace))
        var (wrong, others) = (0, 0)
        for value in UInt64(0)..<20_000 {
            let (own, other) = (try storage.host.mayHold(bytes(value, 8)), kernel.holds(bytes(value, 8)))
            #expect(other == 0 || other == -2)
            if value < 1_000 {
                #expect(own && other == 0)
            } else {
                wrong += own ? 1 : 0
                others += other == 0 ? 1 : 0
            }
        }
        #expect(abs(wrong - others) < 300 + others / 5, "\(wrong) and \(others) of 19,000")
    }

    @Test(
        "what the kernel does not make, is not planned; what it makes, is",
        arguments: [
            MapKind.hash, .perCPUHash, .lruHash, .lruPerCPUHash, .array, .perCPUArray, .lpmTrie, .queue, .stack,
            .bloomFilter,
        ])
    func creation(kind: MapKind) throws {
        // Keys of more than 512 bytes, which no program could build on its stack, are left to Linux.
        let sizes: [(key: UInt32, value: UInt32)] = [
            (0, 8), (1, 8), (4, 8), (5, 8), (8, 0), (4, 0), (0, 0), (260, 8), (512, 8), (4, 32_768), (8, 32_769),
        ]
        let flags: [UInt32] = [
            0, 1, 2, 1 << 6, 1 << 7, 1 << 8, 3 << 7, 1 << 10, 1 << 9, 1 << 12, 1 | 1 << 6, 2 | 1 << 7, 1 << 11,
        ]
        for (key, value) in sizes {
            for flag in flags {
                for extra: UInt64 in [0, 5, 16] {
                    let descriptor = kernelrun_any_map(kind.rawValue, key, value, 4, flag, extra)
                    if descriptor >= 0 { kernelrun_close(descriptor) }
                    let isPlanned =
                        (try? MapLayout.plan(
                            type: kind.rawValue, keySize: key, valueSize: value, maximumEntries: 4, flags: flag,
                            extra: extra)) != nil
                    // What Linux takes and we do not, is refused by name: BPF_F_INNER_MAP and such.
                    let isOurs = flag & ~kind.supportedFlags.rawValue == 0
                    if isOurs || descriptor < 0 {
                        #expect(
                            isPlanned == (descriptor >= 0),
                            "\(kind) \(key) \(value) flags \(flag) extra \(extra): \(descriptor)")
                    }
                }
            }
        }
    }
}

extension MapDescriptor {
    fileprivate var kindIsPerCPU: Bool { MapKind(rawValue: type)?.isPerCPU ?? false }
}
