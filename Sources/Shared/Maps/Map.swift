package import Channel

/// A map as one of its users sees it: a program in a cell, or the host.
///
/// The descriptor is the host's and believed. Everything in the storage is not: each word is loaded once, and
/// checked before it is used as an index; every walk is bounded, so is every wait. The same code runs on both
/// sides; none of it allocates.
@frozen package struct Map: Sendable {
    package let memory: CellMemory
    package let descriptor: MapDescriptor
    package let user: MapUser

    @inlinable package init(memory: CellMemory, descriptor: MapDescriptor, user: MapUser) {
        self.memory = memory
        self.descriptor = descriptor
        self.user = user
    }
}

/// Who works on a map.
@frozen package struct MapUser: Sendable {
    /// What the lock holds while this user writes; never 0.
    package let identity: UInt64
    /// Whose values a per-CPU map shows.
    package let lane: UInt32
    package let isProgram: Bool
    /// How often to look at a lock that another holds before giving up; 0: as often as the event may (``EventPatience``).
    package let patience: UInt32

    /// A cell of the host's making.
    ///
    /// - Parameters:
    ///   - generation: different for each cell that ever runs on this lane, so that the lock of a dead cell is not taken for that of its
    ///     successor.
    ///   - patience: 0 in the cell itself.
    @inlinable package static func program(lane: UInt32, generation: UInt32, patience: UInt32 = 1 << 16) -> MapUser {
        let identity = UInt64(generation) &<< 32 | UInt64(lane &+ 1)
        return MapUser(identity: identity, lane: lane, isProgram: true, patience: patience)
    }

    /// The host itself. All its threads are one user: a lock that any of them holds will be given back.
    @inlinable package static func host(patience: UInt32 = 1 << 20) -> MapUser {
        // None at all would mean a cell's own, which is kept at an address that only a cell has.
        MapUser(identity: .max, lane: 0, isProgram: false, patience: max(patience, 1))
    }

    /// Another process of the host's that works on a map which a sandbox may be using. There is one at a time, so that a lock which such a
    /// process held as it died can be told from that of one which lives.
    package static func tool(patience: UInt32 = 1 << 20) -> MapUser {
        MapUser(identity: toolIdentity, lane: 0, isProgram: false, patience: max(patience, 1))
    }

    package static var toolIdentity: UInt64 { .max &- 1 }

    @inlinable init(identity: UInt64, lane: UInt32, isProgram: Bool, patience: UInt32) {
        self.identity = identity
        self.lane = lane
        self.isProgram = isProgram
        self.patience = patience
    }
}

/// What `bpf_map_update_elem` may be told (`BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`).
package enum MapUpdate: UInt64, Sendable {
    case createOrReplace = 0
    case create = 1
    case replace = 2
}

/// The map helpers of a program, by addresses in its cell.
///
/// The caller has checked that `keySize` bytes at `key`, and `valueSize` bytes at `value`, are the program's to read.
extension Map {
    /// `bpf_map_lookup_elem`: the address of the value, or 0.
    ///
    /// The address stays mapped as long as the map. Once the element is deleted or replaced, what it shows is
    /// unspecified, as for Linux's preallocated maps.
    @inlinable package func lookup(key: UInt64) throws(MapAccessError) -> UInt64 {
        if user.isProgram, descriptor.isWriteOnlyForProgram { return 0 }
        if descriptor.type == MapKind.array.rawValue || descriptor.type == MapKind.perCPUArray.rawValue {
            return arrayValue(index: memory.load32(key), lane: user.lane)
        }
        return try findValue(key: MapBytes(memory: memory, address: key), lane: user.lane)
    }

    /// `bpf_map_lookup_percpu_elem`: the address of a lane's value, or 0.
    package func lookup(key: UInt64, lane: UInt32) throws(MapAccessError) -> UInt64 {
        if user.isProgram, descriptor.isWriteOnlyForProgram { return 0 }
        guard lane < descriptor.laneCount else { return 0 }
        return try findValue(key: MapBytes(memory: memory, address: key), lane: lane)
    }

    package func findValue(key: MapBytes, lane: UInt32) throws(MapAccessError) -> UInt64 {
        switch descriptor.structure {
        case .array: arrayValue(index: memory.load32(key.address), lane: lane)
        case .hash: try hashValue(key: key, lane: lane)
        case .trie: try trieValue(key: key)
        case .queue, .filter, .ring: 0
        }
    }

    /// What a map of targets has under `key`: its first word, 0 where there is none.
    ///
    /// - Parameter key: where the key's four bytes lie.
    package func target(ofKey key: UInt64) throws(MapAccessError) -> UInt32 {
        let address = try findValue(key: MapBytes(memory: memory, address: key), lane: 0)
        return address == 0 ? 0 : memory.loadAcquire32(address)
    }

    /// `bpf_map_update_elem`: 0 or a negative errno.
    package func update(key: UInt64, value: UInt64, flags: UInt64) throws(MapAccessError) -> Int64 {
        if user.isProgram, descriptor.isReadOnlyForProgram { return LinuxErrno.accessDenied }
        let key = MapBytes(memory: memory, address: key)
        let value = MapBytes(memory: memory, address: value)
        return try set(key: key, value: value, lane: user.lane, flags: flags)
    }

    /// `bpf_map_delete_elem`: 0 or a negative errno.
    package func delete(key: UInt64) throws(MapAccessError) -> Int64 {
        if user.isProgram, descriptor.isReadOnlyForProgram { return LinuxErrno.accessDenied }
        return try remove(key: MapBytes(memory: memory, address: key))
    }
}

/// The helpers for maps without keys. The caller has checked that `valueSize` bytes at `value` are the program's to
/// read, or to write.
extension Map {
    /// `bpf_map_push_elem`: 0 or a negative errno.
    package func push(value: UInt64, flags: UInt64) throws(MapAccessError) -> Int64 {
        if user.isProgram, descriptor.isReadOnlyForProgram { return LinuxErrno.accessDenied }
        return try push(MapBytes(memory: memory, address: value), flags: flags)
    }

    /// `bpf_map_pop_elem`: 0 or a negative errno.
    package func pop(into value: UInt64) throws(MapAccessError) -> Int64 {
        if user.isProgram, descriptor.isReadOnlyForProgram { return LinuxErrno.accessDenied }
        switch descriptor.structure {
        case .queue: return try takeOut(into: MapBytes(memory: memory, address: value), removes: true)
        case .array, .hash, .trie, .filter, .ring: return LinuxErrno.notSupported
        }
    }

    /// `bpf_map_peek_elem`: 0 or a negative errno. A filter reads the value, a queue writes it.
    package func peek(at value: UInt64) throws(MapAccessError) -> Int64 {
        if user.isProgram, descriptor.isWriteOnlyForProgram { return LinuxErrno.accessDenied }
        let value = MapBytes(memory: memory, address: value)
        switch descriptor.structure {
        case .queue: return try takeOut(into: value, removes: false)
        case .filter: return mayHold(value) ? 0 : LinuxErrno.noEntry
        case .array, .hash, .trie, .ring: return LinuxErrno.notSupported
        }
    }
}

/// What programs and the host have in common.
extension Map {
    func set(
        key: MapBytes, value: MapBytes, lane: UInt32, flags: UInt64
    ) throws(MapAccessError) -> Int64 {
        guard let mode = MapUpdate(rawValue: flags) else { return LinuxErrno.invalid }
        // What it holds are programs: neither a helper nor an update of bytes puts one there.
        if descriptor.type == MapKind.programArray.rawValue || user.isProgram && descriptor.holdsReferences {
            return LinuxErrno.invalid
        }
        switch descriptor.structure {
        case .array:
            return setArrayValue(index: key.memory.load32(key.address), lane: lane, value: value, mode: mode)
        case .hash: return try setHashValue(key: key, value: value, lane: lane, mode: mode)
        case .trie: return try setTrieValue(key: key, value: value, mode: mode)
        case .queue, .filter, .ring: return LinuxErrno.invalid
        }
    }

    func push(_ value: MapBytes, flags: UInt64) throws(MapAccessError) -> Int64 {
        switch descriptor.structure {
        case .queue:
            guard let mode = MapUpdate(rawValue: flags), mode != .create else { return LinuxErrno.invalid }
            return try putIn(value, replacesOldest: mode == .replace)
        case .filter:
            guard flags == 0 else { return LinuxErrno.invalid }
            remember(value)
            return 0
        case .array, .hash, .trie, .ring: return LinuxErrno.notSupported
        }
    }

    func remove(key: MapBytes) throws(MapAccessError) -> Int64 {
        switch descriptor.structure {
        // An array's elements exist as long as the array.
        case .array, .queue, .ring: LinuxErrno.invalid
        case .hash: try removeHashValue(key: key)
        case .trie: try removeTrieValue(key: key)
        case .filter: LinuxErrno.notSupported
        }
    }
}
