import Bytecode

extension Program {
    /// The bytes whose digest names this program wherever it was compiled into: `bpf-prog:v1`.
    ///
    /// They hold all that decides what the program does when it runs (section, licence, linked code, the maps that it
    /// refers to with their initial contents) and nothing else: no debug information, no symbol names, no trace of
    /// what else was in the object. Maps are numbered by first reference, so their place in the object does not
    /// matter. Different programs have different bytes: every part has a fixed size or its length before it.
    ///
    /// Maps inside of maps come after those that the code names. What not every program has (inner maps, locks, timers,
    /// entries from the start, kernel types to be relocated against) comes last, where there is any: the part before
    /// says itself where it ends. A program in a map of programs counts by its name; it has a digest of its own.
    ///
    /// A code reference to a map that the package does not have stays as it is. Its number is at least the count of
    /// the package's maps, the numbers given here are below it, so even then nothing else has the same bytes.
    package func canonicalBytes(in package: ObjectPackage) -> [UInt8] {
        var (numbered, used) = codeByFirstReference(mapCount: package.maps.count)
        // One level of maps in maps is all there is; a package that says otherwise only makes the list longer, which
        // has each map once.
        var next = 0
        while next < used.count {
            for inner in package.maps[used[next]].referredMaps
            where package.maps.indices.contains(inner) && !used.contains(inner) { used.append(inner) }
            next += 1
        }
        var writer = PackageWriter()
        writer.putPrefixed(Array("bpf-prog:v1".utf8))
        writer.putPrefixed(Array(section.utf8))
        writer.putPrefixed(Array(package.licence.utf8))
        writer.put(UInt64(numbered.count))
        for slot in numbered { writer.put(slot.bits) }
        writer.put(UInt64(used.count))
        for index in used { writer.putCanonical(package.maps[index]) }
        writer.putExtensions(of: used.map { package.maps[$0] }, numbers: used, needsRelocation)
        return writer.bytes
    }

    /// The code with map indices replaced by order of first reference, and the indices in that order.
    private func codeByFirstReference(mapCount: Int) -> (code: [Slot], maps: [Int]) {
        var code = code
        var used: [Int] = []
        var index = 0
        while index < code.count {
            guard code[index].opcode == Self.wideImmediateOpcode else {
                index += 1
                continue
            }
            let map = Int(code[index].immediate)
            if code[index].source == 1 || code[index].source == 2, map >= 0, map < mapCount {
                // At most 128 maps: a linear search is the plain thing.
                let number = used.firstIndex(of: map) ?? used.count
                if number == used.count { used.append(map) }
                code[index].immediate = Int32(number)
            }
            index += 2
        }
        return (code, used)
    }
}

extension PackageWriter {
    fileprivate mutating func putPrefixed(_ content: [UInt8]) {
        put(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    fileprivate mutating func putCanonical(_ map: MapDefinition) {
        putPrefixed(Array(map.name.utf8))
        for number in [map.type, map.keySize, map.valueSize, map.maximumEntries, map.flags, map.pinning] { put(number) }
        put(map.extra)
        put(UInt32(map.isReadOnly ? 1 : 0))
        // Absent contents mean zeros, and a compiler may write zeros out: the same map either way.
        putPrefixed(map.initialValue.allSatisfy { $0 == 0 } ? [] : map.initialValue)
    }

    /// What maps and a program have beyond the first form of these bytes; nothing where there is nothing.
    fileprivate mutating func putExtensions(
        of maps: [MapDefinition], numbers: [Int], _ needsRelocation: [String]
    ) {
        guard !needsRelocation.isEmpty || maps.contains(where: \.hasExtensions) else { return }
        /// 0 for none, or one more than the number of a map in this program. A map that the package does not have
        /// keeps its own number, which is higher than any given here.
        func number(_ map: Int?) -> UInt64 {
            map.map { UInt64(truncatingIfNeeded: numbers.firstIndex(of: $0) ?? $0) &+ 1 } ?? 0
        }
        for map in maps {
            put(number(map.innerMap))
            put(UInt32(map.isTemplate ? 1 : 0))
            for offset in [map.spinLockOffset, map.timerOffset] { put(offset.map { UInt64($0) + 1 } ?? 0) }
            put(UInt64(map.slots.count))
            for slot in map.slots {
                put(slot.index)
                switch slot.target {
                case .map(let target):
                    put(UInt32(1))
                    put(number(target))
                case .program(let name):
                    put(UInt32(2))
                    putPrefixed(Array(name.utf8))
                }
            }
        }
        put(UInt64(needsRelocation.count))
        for name in needsRelocation { putPrefixed(Array(name.utf8)) }
    }
}

extension MapDefinition {
    /// The maps that this one holds or may hold.
    package var referredMaps: [Int] {
        var found: [Int] = []
        if let innerMap { found.append(innerMap) }
        for slot in slots {
            switch slot.target {
            case .map(let map): found.append(map)
            case .program: break
            }
        }
        return found
    }

    fileprivate var hasExtensions: Bool {
        innerMap != nil || isTemplate || spinLockOffset != nil || timerOffset != nil || !slots.isEmpty
    }
}
