/// What a directory of maps says of itself: which maps there are, where their storage lies, and what their keys and values are made of.
///
/// ```
/// header   magic u64, version u32, length u32, maps u32, bytes of the package u32
/// maps     file u64, offset u64, seed u64 u64, lanes u32, reserved u32      (in the order of the package's maps)
/// package  an ``ObjectPackage`` of these maps, without programs
/// ```
///
/// Whoever may write the directory may have written it, so its reader believes nothing, as that of packages does.
package struct MapManifest: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var definition: MapDefinition
        /// The number of the file that holds the storage, and where in it.
        package var file: UInt64
        package var offset: UInt64
        /// What the map's hash is keyed with: storage makes sense with it only.
        package var seedLow: UInt64
        package var seedHigh: UInt64
        package var lanes: UInt32

        package init(
            _ definition: MapDefinition, file: UInt64, offset: UInt64, seedLow: UInt64, seedHigh: UInt64, lanes: UInt32
        ) {
            self.definition = definition
            self.file = file
            self.offset = offset
            self.seedLow = seedLow
            self.seedHigh = seedHigh
            self.lanes = lanes
        }
    }

    package var entries: [Entry]
    package var valueTypes: ValueTypes

    package init(entries: [Entry] = [], valueTypes: ValueTypes = .none) {
        self.entries = entries
        self.valueTypes = valueTypes
    }

    package func entry(named name: String) -> Entry? { entries.first { $0.definition.name == name } }

    /// A number that no file has.
    package var nextFile: UInt64 { (entries.map(\.file).max() ?? 0) + 1 }

    package static let bytes = PackageLimits.packageBytes + headerBytes + PackageLimits.maps * rowBytes
    private static let headerBytes = 24
    private static let rowBytes = 40
    /// "RINGMAP" and a byte that no text file has there.
    private static let magic: UInt64 = 0x89_50_41_4D_47_4E_49_52
    private static let version: UInt32 = 1
    /// Files are numbered as they are made, so no directory comes near; the next number is always one.
    private static let lastFile: UInt64 = 1 << 62
}

extension MapManifest {
    package init(parsing input: [UInt8]) throws(PackageError) {
        let bytes = input.span
        guard bytes.count <= Self.bytes else { throw .tooLarge(bytes: bytes.count, limit: Self.bytes) }
        var reader = PackageReader()
        let magic = try reader.uint64(bytes, "magic")
        guard magic == Self.magic else { throw .wrongMagic(magic) }
        let version = try reader.uint32(bytes, "version")
        guard version == Self.version else { throw .unsupportedVersion(version, supported: Self.version) }
        let length = try reader.uint32(bytes, "length")
        guard length == bytes.count else { throw .lengthMismatch(declared: UInt64(length), actual: bytes.count) }
        let maps = try reader.bounded(bytes, "count of maps", limit: PackageLimits.maps)
        let size = try reader.bounded(bytes, "bytes of the package", limit: PackageLimits.packageBytes)
        let whole = Self.headerBytes + maps * Self.rowBytes + size
        guard whole == bytes.count else { throw .lengthMismatch(declared: UInt64(whole), actual: bytes.count) }
        let start = whole - size
        let package = try ObjectPackage(parsing: bytes.extracting(start..<whole))
        guard package.maps.count == maps else {
            throw .tableNotCovered(field: "maps", claimed: UInt64(package.maps.count), available: maps)
        }
        self.init(valueTypes: package.valueTypes)
        for definition in package.maps {
            let at = reader.offset
            let file = try reader.uint64(bytes, "file of a map")
            guard file <= Self.lastFile else {
                throw .limitExceeded(field: "file of a map", offset: at, value: file, limit: Int(Self.lastFile))
            }
            let entry = Entry(
                definition, file: file, offset: try reader.uint64(bytes, "offset of a map"),
                seedLow: try reader.uint64(bytes, "seed of a map"), seedHigh: try reader.uint64(bytes, "seed of a map"),
                lanes: try reader.uint32(bytes, "lanes of a map"))
            _ = try reader.flags(bytes, "reserved bits of a map", known: 0)
            entries.append(entry)
        }
    }

    package func serialized() throws(PackageError) -> [UInt8] {
        let package = try ObjectPackage(maps: entries.map(\.definition), valueTypes: valueTypes).serialized()
        var writer = PackageWriter()
        writer.put(Self.magic)
        writer.put(Self.version)
        writer.put(UInt32(Self.headerBytes + entries.count * Self.rowBytes + package.count))
        writer.put(UInt32(entries.count))
        writer.put(UInt32(package.count))
        for entry in entries {
            for word in [entry.file, entry.offset, entry.seedLow, entry.seedHigh] { writer.put(word) }
            writer.put(entry.lanes)
            writer.put(UInt32(0))
        }
        return writer.bytes + package
    }

    /// These maps, and those of another manifest that are not among them, with one table of types for all.
    package func merged(with other: MapManifest) throws(ValueTypeError) -> MapManifest {
        var builder = ValueTypesBuilder()
        var merged = MapManifest()
        let names = Set(entries.map(\.definition.name))
        for (entry, types) in entries.map({ ($0, valueTypes) })
            + other.entries.filter({ !names.contains($0.definition.name) }).map({ ($0, other.valueTypes) })
        {
            var entry = entry
            entry.definition.keyType = entry.definition.keyType.map { builder.adopt($0, of: types) }
            entry.definition.valueType = entry.definition.valueType.map { builder.adopt($0, of: types) }
            merged.entries.append(entry)
        }
        merged.valueTypes = try builder.table()
        return merged
    }
}
