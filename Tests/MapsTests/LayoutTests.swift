import Channel
import Maps
import Testing

@Suite struct LayoutTests {
    static func plan(
        type: UInt32 = 1, key: UInt32 = 4, value: UInt32 = 8, entries: UInt32 = 16, flags: UInt32 = 0,
        lanes: UInt32 = 1,
        limit: UInt64 = .max
    ) throws(MapError) -> MapLayout {
        try MapLayout.plan(
            type: type, keySize: key, valueSize: value, maximumEntries: entries, flags: flags, lanes: lanes,
            storageLimit: limit)
    }

    @Test(
        "a type that cells do not offer is refused by name and number",
        arguments: [
            (0, "unspec (0)"), (7, "stack_trace (7)"), (18, "sockhash (18)"), (21, "percpu_cgroup_storage (21)"),
            (33, "arena (33)"), (1000, "unknown (1000)"), (UInt32.max, "unknown (4294967295)"),
        ])
    func refusesTypes(type: UInt32, name: String) {
        let error = #expect(throws: MapError.self) { _ = try Self.plan(type: type) }
        #expect(error == .unsupportedType(type))
        #expect(error?.description.contains(name) == true)
    }

    @Test(
        "a flag that the kind does not understand is refused by name",
        arguments: [
            (MapKind.hash, 1 << 1, "BPF_F_NO_COMMON_LRU"), (.hash, 1 << 2, "BPF_F_NUMA_NODE"),
            (.hash, 1 << 3, "BPF_F_RDONLY (0x8)"),
            (.hash, 1 << 10, "BPF_F_MMAPABLE"), (.array, 1 << 0, "BPF_F_NO_PREALLOC"),
            (.array, 1 << 6, "BPF_F_ZERO_SEED"),
            (.array, 1 << 12, "BPF_F_INNER_MAP"), (.perCPUArray, 1 << 10, "BPF_F_MMAPABLE"),
            (.hash, 1 << 31, "an unknown flag (0x80000000)"),
        ] as [(MapKind, UInt32, String)])
    func refusesFlags(kind: MapKind, flag: UInt32, name: String) {
        let error = #expect(throws: MapError.self) { _ = try Self.plan(type: kind.rawValue, flags: flag | 1 << 7) }
        #expect(error == .unsupportedFlag(flag, kind))
        #expect(error?.description.contains(name) == true)
    }

    @Test(
        "sizes out of range are refused with the limit",
        arguments: [
            (1, 0, 8, MapError.keySize(got: 0, minimum: 1, maximum: 512)),
            (1, 513, 8, .keySize(got: 513, minimum: 1, maximum: 512)),
            (2, 3, 8, .keySize(got: 3, minimum: 4, maximum: 4)),
            (2, 8, 8, .keySize(got: 8, minimum: 4, maximum: 4)),
            (6, 5, 8, .keySize(got: 5, minimum: 4, maximum: 4)),
            (1, 4, 0, .valueSize(got: 0, minimum: 1, maximum: 4 << 20)),
            (2, 4, (4 << 20) + 1, .valueSize(got: (4 << 20) + 1, minimum: 1, maximum: 4 << 20)),
            (1, 4, UInt32.max, .valueSize(got: .max, minimum: 1, maximum: 4 << 20)),
            (6, 4, (32 << 10) + 1, .valueSize(got: (32 << 10) + 1, minimum: 1, maximum: 32 << 10)),
        ] as [(UInt32, UInt32, UInt32, MapError)])
    func refusesSizes(type: UInt32, key: UInt32, value: UInt32, expected: MapError) {
        #expect(throws: expected) { _ = try Self.plan(type: type, key: key, value: value) }
    }

    @Test("no entries, impossible lanes and contradictory flags are refused")
    func refusesTheRest() {
        #expect(throws: MapError.noEntries) { _ = try Self.plan(entries: 0) }
        #expect(throws: MapError.laneCount(got: 0, maximum: 1024)) { _ = try Self.plan(type: 6, lanes: 0) }
        #expect(throws: MapError.laneCount(got: 1025, maximum: 1024)) { _ = try Self.plan(type: 6, lanes: 1025) }
        #expect(throws: MapError.contradictoryFlags(0x180)) { _ = try Self.plan(flags: 0x180) }
    }

    @Test(
        "a map larger than its limit is refused before anything is allocated, overflow included",
        arguments: [
            (1, 512, 4 << 20, UInt32.max, 1 << 40, nil), (1, 1, 1, UInt32.max, 1 << 40, nil),
            (1, 4, 8, 1 << 31, 1 << 40, 77_309_411_584),
            (2, 4, 4 << 20, UInt32.max, 1 << 40, 18_014_398_505_287_680), (2, 4, 64, 2, 127, 128),
            (6, 4, 32 << 10, UInt32.max, 1 << 40, 18_014_398_505_287_680 / 128 * 1024),
        ] as [(UInt32, UInt32, UInt32, UInt32, UInt64, UInt64?)])
    func refusesLargeMaps(type: UInt32, key: UInt32, value: UInt32, entries: UInt32, limit: UInt64, required: UInt64?) {
        let allowed = min(limit, 1 << 32)
        #expect(throws: MapError.storageTooLarge(required: required ?? .max, limit: allowed)) {
            _ = try Self.plan(type: type, key: key, value: value, entries: entries, lanes: 1024, limit: limit)
        }
    }

    @Test(
        "the parts of a hash follow one another on cache lines and hold what was asked for",
        arguments: [
            (1, 1, 1), (4, 8, 1), (4, 8, 2), (4, 8, 3), (16, 24, 1000), (512, 1, 5), (7, 9, 4096), (4, 8, 4097),
        ] as [(UInt32, UInt32, UInt32)])
    func dividesAHash(key: UInt32, value: UInt32, entries: UInt32) throws {
        let layout = try Self.plan(key: key, value: value, entries: entries)
        let buckets = UInt64(layout.bucketMask) + 1
        #expect(buckets >= entries && buckets & (buckets - 1) == 0 && buckets < UInt64(entries) * 2)
        #expect(layout.nodeCount == entries + 1)
        #expect(layout.bucketsOffset == 128)
        #expect(layout.nodesOffset >= layout.bucketsOffset + buckets * 4)
        #expect(layout.nodeStride >= 16 + key && layout.nodeStride % 8 == 0)
        #expect(layout.valuesOffset >= layout.nodesOffset + UInt64(layout.nodeCount) * UInt64(layout.nodeStride))
        #expect(layout.valueStride >= value && layout.valueStride % 8 == 0)
        #expect(layout.size >= layout.valuesOffset + UInt64(layout.nodeCount) * UInt64(layout.valueStride))
        for offset in [layout.bucketsOffset, layout.nodesOffset, layout.valuesOffset, layout.size] {
            #expect(offset % 64 == 0)
        }
    }

    @Test("storage must be aligned and lie in the cell's address space")
    func refusesPlaces() throws {
        let layout = try Self.plan()
        let seed = MapSeed(low: 1, high: 2)
        #expect(throws: MapError.misalignedStorage(address: 0x1_0020, alignment: 64)) {
            _ = try layout.descriptor(storageAt: 0x1_0020, seed: seed)
        }
        for start: UInt64 in [0, 4032, (1 << 32) - 64, 1 << 32, UInt64.max & ~63] {
            #expect(throws: MapError.storageOutsideAddressSpace(start: start, size: layout.size)) {
                _ = try layout.descriptor(storageAt: start, seed: seed)
            }
        }
        _ = try layout.descriptor(storageAt: 4096, seed: seed)
        _ = try layout.descriptor(storageAt: (1 << 32) - layout.size, seed: seed)
    }

    @Test(
        "a descriptor reads back as it was written, in its documented place",
        arguments: [
            (1, 0), (1, 1 << 6), (2, 1 << 7), (2, 1 << 10), (6, 1 << 8),
        ] as [(UInt32, UInt32)])
    func storesDescriptors(type: UInt32, flags: UInt32) throws {
        let layout = try Self.plan(type: type, value: 12, entries: 10, flags: flags, lanes: 4)
        let written = try layout.descriptor(storageAt: 0x7000_0000, seed: MapSeed(low: 3, high: 4))
        var page = [UInt8](repeating: 0xee, count: Int(MapDescriptor.size) + 8)
        page.withUnsafeMutableBytes { page in
            let memory = CellMemory(unsafeBase: UInt(bitPattern: page.baseAddress))
            written.store(to: memory, at: 0)
            #expect(MapDescriptor(loading: memory, at: 0) == written)
            #expect(memory.load32(0) == type)
            #expect(memory.load32(12) == 12)
            #expect(memory.load64(48) == written.valuesStart)
            #expect(memory.load64(96) == (flags == 1 << 6 || type != 1 ? written.seed.low : 3))
        }
        #expect(page[Int(MapDescriptor.size)...].allSatisfy { $0 == 0xee })
        #expect(MemoryLayout<MapDescriptor>.size <= Int(MapDescriptor.size))
        #expect(written.isReadOnlyForProgram == (flags == 1 << 7))
        #expect((written.seed == MapSeed(low: 0, high: 0)) == (flags == 1 << 6))
    }
}
