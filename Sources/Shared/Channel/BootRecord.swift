/// What the broker tells the image before it first runs: the first bytes of the read-only program region.
///
/// Both sides are compiled from this declaration by one compiler, and ``layoutHash`` changes with every constant of
/// this module, so an image and a broker that differ refuse each other at once.
@frozen package struct BootRecord: Sendable {
    package static let expectedMagic: UInt64 = 0x4543_4E45_4647_4E49  // "INGFENCE"

    package var magic: UInt64 = BootRecord.expectedMagic
    package var layoutHash: UInt64 = BootRecord.expectedLayoutHash
    package var instructions: UInt64 = 0
    package var instructionCount: UInt64 = 0
    package var mapDescriptors: UInt64 = 0
    package var mapCount: UInt64 = 0
    /// Instructions that one event may execute.
    package var fuel: UInt64 = 0
    package var randomSeed: UInt64 = 0
    /// Polls before the cell parks.
    package var spinBudget: UInt32 = 0
    /// The sequence number before that of the first event.
    package var initialSequence: UInt32 = 0
    package var geometry: ChannelGeometry
    package var entryConvention: EntryConvention
    package var helperProfile: HelperProfile
    package var lane: UInt32 = 0
    package var executionMode = ExecutionMode.checked
    /// Address of the program as machine code, in ``AddressMap/code``; 0 where the image interprets the instructions.
    package var nativeEntry: UInt64 = 0
    /// The programs that tail calls can lead to: for each the index of its first instruction, 32 bits. The first is the one that events
    /// enter.
    package var programs: UInt64 = 0
    package var programCount: UInt64 = 0

    package init(geometry: ChannelGeometry, entryConvention: EntryConvention, helperProfile: HelperProfile) {
        self.geometry = geometry
        self.entryConvention = entryConvention
        self.helperProfile = helperProfile
    }

    /// Whether the image may run what the record names as machine code: inside the code's region, and in a mode that native code has,
    /// since it checks no access.
    package var hasSoundNativeEntry: Bool {
        nativeEntry &- AddressMap.code < AddressMap.codeCapacity && executionMode != .checked
    }

    /// Bytes reserved for the record at the start of the program region.
    package static let capacity: UInt64 = 256

    /// FNV-1a over every number that both sides must agree on.
    package static var expectedLayoutHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ value: UInt64) { hash = (hash ^ value) &* 0x0000_0100_0000_01B3 }
        mix(4)  // version of the protocol itself
        mix(UInt64(MemoryLayout<BootRecord>.size))
        for mode in ExecutionMode.allCases { mix(UInt64(mode.rawValue)) }
        mix(AddressMap.image)
        mix(AddressMap.program)
        mix(AddressMap.hostWords)
        mix(AddressMap.code)
        mix(AddressMap.channel)
        mix(AddressMap.privateMemory)
        mix(AddressMap.maps)
        mix(AddressMap.doorbell)
        mix(HostWords.wakeGeneration)
        mix(HostWords.parkEpoch)
        mix(HostWords.logConsumed)
        mix(CellWords.parked)
        mix(CellWords.logDropped)
        mix(EventSlot.context)
        mix(EventSlot.payload)
        mix(VerdictRecord.size)
        mix(VerdictRecord.payloadSize)
        mix(LogRecord.size)
        mix(NativeWords.start)
        mix(NativeWords.markDistance)
        return hash
    }
}

/// How a program is entered.
@frozen package enum EntryConvention: UInt32, Sendable {
    /// R1 = address of the context.
    case context = 0
    /// R1 = address of the payload or 0, R2 = its length, the payload writable: the conformance suites' convention.
    case buffer = 1
}

/// What the engine makes sure of at run time: what the verifier has not proven of the program.
///
/// The cell's walls are the same in each: an access that should not have been trusted reaches what the cell holds anyway, or ends
/// the cell with a fault.
@frozen package enum ExecutionMode: UInt32, CaseIterable, Sendable {
    /// Nothing is proven: every access is checked and every instruction costs fuel.
    case checked = 0
    /// Accesses and helper arguments are proven, that the program ends is not: no access is checked, and fuel is counted.
    ///
    /// A program that needs more fuel than it has is stopped at the first jump, call or exit that it reaches without, so it
    /// executes at most its fuel and, beyond that, each of its instructions once.
    case metered = 1
    /// All is proven: no access is checked and no fuel counted. The deadline of the event holds all the same.
    case verified = 2

    /// Whether the verdict says how many instructions the event took.
    package var countsFuel: Bool { self != .verified }
}

/// Which helpers a program may call.
@frozen package enum HelperProfile: UInt32, Sendable {
    /// Linux's ids.
    case linux = 0
    /// Helper 5 returns its first argument, nothing else: the conformance suites' convention.
    case conformance = 1
}

extension CellMemory {
    package func readBootRecord() -> BootRecord {
        // SAFETY: the program region is mapped and at least `capacity` long, and only the trusted broker writes it.
        unsafe pointer(AddressMap.program).loadUnaligned(as: BootRecord.self)
    }

    package func writeBootRecord(_ record: BootRecord) {
        precondition(UInt64(MemoryLayout<BootRecord>.size) <= BootRecord.capacity, "the boot record outgrew its room")
        // SAFETY: the broker mapped the program region writable, at least `capacity` long; the record is trivial.
        unsafe pointer(AddressMap.program).storeBytes(of: record, as: BootRecord.self)
    }
}
