/// A map as the object defines it. Numbers are Linux's (`enum bpf_map_type`, `BPF_F_*`).
package struct MapDefinition: Equatable, Sendable {
    package var name: String
    package var type: UInt32
    package var keySize: UInt32
    package var valueSize: UInt32
    package var maximumEntries: UInt32
    package var flags: UInt32
    /// The initial bytes of value 0, for the array that holds `.data*` or `.rodata*`; empty means zeros.
    package var initialValue: [UInt8]
    /// True for `.rodata*`: the program may not write it.
    package var isReadOnly: Bool
    /// Whether the map is shared by name beyond the object: 0, 1 for LIBBPF_PIN_BY_NAME, or what iproute2 calls it (1
    /// for the object's own name space, 2 for the global one).
    package var pinning: UInt32
    /// `map_extra`: what it means depends on the type.
    package var extra: UInt64
    /// For a map of maps, index of the map that every one it holds looks like; nil where the object does not say.
    package var innerMap: Int?
    /// True for a definition that is only some map's ``innerMap``: no such map exists.
    package var isTemplate: Bool
    /// Where a value has its `struct bpf_spin_lock` and its `struct bpf_timer`, if any (by BTF).
    package var spinLockOffset: UInt32?
    package var timerOffset: UInt32?
    /// What a map of maps or of programs holds from the start, ascending by index.
    package var slots: [MapSlot]
    /// The types of keys and values, as places in ``ObjectPackage/valueTypes``; nil where debug information does not say.
    package var keyType: Int?
    package var valueType: Int?

    package init(
        name: String, type: UInt32, keySize: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32 = 0,
        initialValue: [UInt8] = [], isReadOnly: Bool = false, pinning: UInt32 = 0, extra: UInt64 = 0,
        innerMap: Int? = nil, isTemplate: Bool = false, spinLockOffset: UInt32? = nil, timerOffset: UInt32? = nil,
        slots: [MapSlot] = [], keyType: Int? = nil, valueType: Int? = nil
    ) {
        self.name = name
        self.type = type
        self.keySize = keySize
        self.valueSize = valueSize
        self.maximumEntries = maximumEntries
        self.flags = flags
        self.initialValue = initialValue
        self.isReadOnly = isReadOnly
        self.pinning = pinning
        self.extra = extra
        self.innerMap = innerMap
        self.isTemplate = isTemplate
        self.spinLockOffset = spinLockOffset
        self.timerOffset = timerOffset
        self.slots = slots
        self.keyType = keyType
        self.valueType = valueType
    }
}

/// One entry that a map of maps or of programs has before any program runs.
package struct MapSlot: Equatable, Sendable {
    package enum Target: Equatable, Sendable {
        /// Index into ``ObjectPackage/maps``.
        case map(Int)
        /// The name of a program of the object, which may be among those that are left out.
        case program(String)
    }

    /// The index in an array; the key, as a number of 32 bits, in a hash.
    package var index: UInt32
    package var target: Target

    package init(index: UInt32, target: Target) {
        self.index = index
        self.target = target
    }
}

extension MapDefinition {
    /// Numbers of `enum bpf_map_type` that decide what a map may hold.
    package enum Kind {
        package static let hash: UInt32 = 1
        package static let array: UInt32 = 2
        package static let programArray: UInt32 = 3
        package static let perfEventArray: UInt32 = 4
        package static let arrayOfMaps: UInt32 = 12
        package static let hashOfMaps: UInt32 = 13
        package static let ringbuf: UInt32 = 27
    }

    /// Whether what programs put into it are records for somebody outside.
    package var handsOutRecords: Bool { type == Kind.ringbuf || type == Kind.perfEventArray }

    /// sizeof(struct bpf_spin_lock) and sizeof(struct bpf_timer); both are aligned to the size of their members
    /// (linux/bpf.h).
    package static let spinLockBytes: UInt32 = 4
    package static let timerBytes: UInt32 = 16

    package var isMapOfMaps: Bool { type == Kind.arrayOfMaps || type == Kind.hashOfMaps }

    /// Whether a map of maps may hold such a map: Linux knows one level only, and no way to tell that two maps of
    /// programs, of a control group's storage or of kernel operations are alike (`map_meta_equal`).
    package var mayBeInner: Bool {
        switch type {
        case 0, Kind.programArray, Kind.arrayOfMaps, Kind.hashOfMaps, 19, 21, 26: false
        default: true
        }
    }

    /// Whether a program that was judged with `template` may meet this map instead (`bpf_map_meta_equal` and
    /// `array_map_meta_equal`, kernel/bpf). An array may have another number of entries if the template says so by
    /// BPF_F_INNER_MAP.
    package func isLike(_ template: MapDefinition) -> Bool {
        let innerMapFlag: UInt32 = 1 << 12
        let sameLength =
            type != Kind.array || template.flags & innerMapFlag != 0 || maximumEntries == template.maximumEntries
        return type == template.type && keySize == template.keySize && valueSize == template.valueSize
            && flags == template.flags && spinLockOffset == template.spinLockOffset
            && timerOffset == template.timerOffset && isReadOnly == template.isReadOnly && sameLength
    }
}
