import Bytecode

extension Program {
    /// The bytes whose digest names this program wherever it was compiled into: `bpf-prog:v1`.
    ///
    /// They hold all that decides what the program does when it runs (section, licence, linked code, the maps that it
    /// refers to with their initial contents) and nothing else: no debug information, no symbol names, no trace of
    /// what else was in the object. Maps are numbered by first reference, so their place in the object does not
    /// matter. Different programs have different bytes: every part has a fixed size or its length before it.
    ///
    /// A code reference to a map that the package does not have stays as it is. Its number is at least the count of
    /// the package's maps, the numbers given here are below it, so even then nothing else has the same bytes.
    package func canonicalBytes(in package: ObjectPackage) -> [UInt8] {
        let (numbered, used) = codeByFirstReference(mapCount: package.maps.count)
        var writer = PackageWriter()
        writer.putPrefixed(Array("bpf-prog:v1".utf8))
        writer.putPrefixed(Array(section.utf8))
        writer.putPrefixed(Array(package.licence.utf8))
        writer.put(UInt64(numbered.count))
        for slot in numbered { writer.put(slot.bits) }
        writer.put(UInt64(used.count))
        for index in used { writer.putCanonical(package.maps[index]) }
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
}
