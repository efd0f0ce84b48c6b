import Channel

/// Keys and values as the host has them: private bytes, copied in and out. No address in the storage leaves this
/// module.
///
/// Per-CPU maps have a value in every lane; each call names one.
extension Map {
    /// Copies the value of a key, whole as one update left it, unless a program writes through a pointer meanwhile.
    ///
    /// - Returns: false where the map has no such key.
    package func copyValue(
        forKey key: RawSpan, lane: UInt32 = 0, into value: inout MutableRawSpan
    ) throws(MapAccessError) -> Bool {
        try check(key: key.byteCount, value: value.byteCount, lane: lane)
        switch descriptor.structure {
        case .array:
            let address = arrayValue(index: arrayIndex(key), lane: lane)
            guard address != 0 else { return false }
            copy(descriptor.valueSize, from: address, to: &value)
            return true
        case .hash: return try copyHashValue(key, lane: lane, into: &value)
        case .trie: return try copyTrieValue(key, into: &value)
        case .queue, .filter, .ring: return false
        }
    }

    private func copyHashValue(
        _ key: RawSpan, lane: UInt32, into value: inout MutableRawSpan
    ) throws(MapAccessError) -> Bool {
        var attempts: UInt32 = 64
        while true {
            let place = try withBytes(of: key) { (key) throws(MapAccessError) in
                try find(key, hash: keyedHash(key, size: descriptor.keySize, seed: descriptor.seed))
            }
            guard place.index != HashNode.end else { return false }
            copy(descriptor.valueSize, from: nodeValue(place.index, lane: lane), to: &value)
            if loadTag(node(place.index)) == place.tag { return true }
            guard attempts > 0 else { throw .busy(holder: 0) }
            attempts &-= 1
        }
    }

    private func copyTrieValue(_ key: RawSpan, into value: inout MutableRawSpan) throws(MapAccessError) -> Bool {
        var attempts: UInt32 = 64
        while true {
            let match = try withBytes(of: key) { (key) throws(MapAccessError) in try longestMatch(key) }
            guard let match else { return false }
            copy(descriptor.valueSize, from: nodeValue(match.index, lane: 0), to: &value)
            if loadTag(node(match.index)) == match.tag { return true }
            guard attempts > 0 else { throw .busy(holder: 0) }
            attempts &-= 1
        }
    }

    /// Creates or replaces the value of a key.
    ///
    /// - Returns: 0 or a negative errno, as `bpf_map_update_elem` does.
    package func setValue(
        _ value: RawSpan, forKey key: RawSpan, lane: UInt32 = 0, mode: MapUpdate = .createOrReplace
    ) throws(MapAccessError) -> Int64 {
        try check(key: key.byteCount, value: value.byteCount, lane: lane)
        return try withBytes(of: key) { (key) throws(MapAccessError) in
            try withBytes(of: value) { (value) throws(MapAccessError) in
                try set(key: key, value: value, lane: lane, flags: mode.rawValue)
            }
        }
    }

    /// Deletes a key.
    ///
    /// - Returns: 0 or a negative errno, as `bpf_map_delete_elem` does.
    package func removeValue(forKey key: RawSpan) throws(MapAccessError) -> Int64 {
        try check(key: key.byteCount)
        return try withBytes(of: key) { (key) throws(MapAccessError) in try remove(key: key) }
    }
}

/// Values of maps that have no keys. In Linux's system calls these are update, look-up and look-up-and-delete.
extension Map {
    /// Puts a value in: into a queue, or among what a filter has seen.
    ///
    /// - Returns: 0 or a negative errno, as `bpf_map_push_elem` does.
    package func push(_ value: RawSpan, mode: MapUpdate = .createOrReplace) throws(MapAccessError) -> Int64 {
        try check(key: 0, value: value.byteCount)
        return try withBytes(of: value) { (value) throws(MapAccessError) in
            try push(value, flags: mode.rawValue)
        }
    }

    /// Takes the next value out of a queue, or copies it and leaves it there.
    ///
    /// - Returns: 0 or a negative errno; then `value` is zero.
    package func take(_ value: inout MutableRawSpan, removes: Bool = true) throws(MapAccessError) -> Int64 {
        try check(key: 0, value: value.byteCount)
        guard descriptor.structure == .queue else { return LinuxErrno.notSupported }
        return try withMutableBytes(of: &value) { (bytes) throws(MapAccessError) in
            try takeOut(into: bytes, removes: removes)
        }
    }

    /// Whether a filter may have seen a value; false is certain.
    package func mayHold(_ value: RawSpan) throws(MapAccessError) -> Bool {
        try check(key: 0, value: value.byteCount)
        guard descriptor.structure == .filter else { return false }
        return try withBytes(of: value) { (value) throws(MapAccessError) in mayHold(value) }
    }
}

extension Map {
    func check(key: Int, value: Int? = nil, lane: UInt32 = 0) throws(MapAccessError) {
        guard key == Int(descriptor.keySize) else { throw .keySize(got: key, expected: Int(descriptor.keySize)) }
        if let value, value != Int(descriptor.valueSize) {
            throw .valueSize(got: value, expected: Int(descriptor.valueSize))
        }
        guard lane < descriptor.laneCount else { throw .noSuchLane(got: lane, limit: descriptor.laneCount) }
    }

    func arrayIndex(_ key: RawSpan) -> UInt32 {
        // SAFETY: array keys have 4 bytes, and `check` compared this key's size with the map's.
        unsafe key.unsafeLoadUnaligned(as: UInt32.self)
    }

    /// Lends private bytes to code that reads keys and values wherever they are.
    func withBytes<Result>(
        of span: RawSpan, _ body: (MapBytes) throws(MapAccessError) -> Result
    ) throws(MapAccessError) -> Result {
        // SAFETY: the buffer outlives the closure, and `check` compared its size with the map's.
        try unsafe span.withUnsafeBytes { (bytes) throws(MapAccessError) in
            let host = unsafe CellMemory(unsafeBase: 0)
            return try body(MapBytes(memory: host, address: UInt64(UInt(bitPattern: bytes.baseAddress))))
        }
    }

    /// Lends private bytes to code that writes values wherever they go.
    private func withMutableBytes<Result>(
        of span: inout MutableRawSpan, _ body: (MapBytes) throws(MapAccessError) -> Result
    ) throws(MapAccessError) -> Result {
        // SAFETY: the buffer outlives the closure, and `check` compared its size with the map's.
        try unsafe span.withUnsafeMutableBytes { (bytes) throws(MapAccessError) in
            let host = unsafe CellMemory(unsafeBase: 0)
            return try body(MapBytes(memory: host, address: UInt64(UInt(bitPattern: bytes.baseAddress))))
        }
    }

    /// Copies `size` bytes out of the storage, each word loaded once.
    func copy(_ size: UInt32, from address: UInt64, to bytes: inout MutableRawSpan) {
        var offset: UInt32 = 0
        while offset < size {
            // Room for whole words is in every key and value of the storage, so this stays inside.
            let word = memory.loadAcquire64(address &+ UInt64(offset))
            let remaining = size &- offset
            if remaining >= 8 {
                bytes.storeBytes(of: word, toByteOffset: Int(offset), as: UInt64.self)
            } else {
                for byte in 0..<remaining {
                    let value = UInt8(truncatingIfNeeded: word &>> UInt64(byte &* 8))
                    bytes.storeBytes(of: value, toByteOffset: Int(offset &+ byte), as: UInt8.self)
                }
            }
            offset &+= 8
        }
    }
}
