import TestSupport
import Testing

@testable import ProgramPackage

@Suite("Types of keys and values")
struct ValueTypesTests {
    /// One of each shape.
    static let every: [ValueType] = [
        ValueType(name: "unsigned int", .integer(size: 4, .unsigned)),
        ValueType(name: "char", .integer(size: 1, .character)),
        ValueType(.array(element: 1, count: 8)),
        ValueType(
            name: "reason",
            .enumeration(
                size: 4, isSigned: true, [.init(name: "NONE", value: 0), .init(name: "BAD", value: .max)])),
        ValueType(.pointer),
        ValueType(name: "double", .float(size: 8)),
        ValueType(name: "__be32", .alias(0)),
        ValueType(
            .union(size: 4, [.init(name: "word", type: 6, bitOffset: 0), .init(name: "byte", type: 1, bitOffset: 24)])),
        ValueType(
            name: "seen",
            .structure(
                size: 40,
                [
                    .init(name: "name", type: 2, bitOffset: 0), .init(name: "why", type: 3, bitOffset: 64),
                    .init(name: "low", type: 0, bitOffset: 96, bitSize: 3),
                    .init(name: "high", type: 0, bitOffset: 99, bitSize: 29),
                    .init(name: "next", type: 4, bitOffset: 128), .init(name: "", type: 7, bitOffset: 192),
                    .init(name: "rate", type: 5, bitOffset: 256),
                ])),
    ]

    static func package() throws -> ObjectPackage {
        ObjectPackage(
            maps: [
                MapDefinition(
                    name: "m", type: 1, keySize: 4, valueSize: 40, maximumEntries: 2, keyType: 6, valueType: 8)
            ], valueTypes: try ValueTypes(every))
    }

    @Test("cross the wire as they are")
    func roundTrip() throws {
        let package = try Self.package()
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
        #expect(try (0..<9).map { try ValueTypes(Self.every).size(of: $0) } == [4, 1, 8, 4, 8, 8, 4, 4, 40])
    }

    @Test(
        "what is no table is refused by name",
        arguments: [
            ([.alias(0)], .reference(type: 0, to: 0)), ([.alias(1), .pointer], .reference(type: 0, to: 1)),
            ([.pointer, .array(element: -1, count: 1)], .reference(type: 1, to: -1)),
            ([.integer(size: 3, .signed)], .size(type: 0, bytes: 3)),
            ([.float(size: 1)], .size(type: 0, bytes: 1)),
            ([.enumeration(size: 16, isSigned: false, [])], .size(type: 0, bytes: 16)),
            ([.pointer, .array(element: 0, count: 1 << 22)], .size(type: 1, bytes: 32 << 20)),
            ([.pointer, .array(element: 0, count: .max)], .size(type: 1, bytes: 8 * 0xFFFF_FFFF)),
            ([.structure(size: .max, [])], .size(type: 0, bytes: 0xFFFF_FFFF)),
            (
                [.pointer, .structure(size: 8, [.init(name: "a", type: 0, bitOffset: 8)])],
                .member(type: 1, member: 0, end: 72, bits: 64)
            ),
            (
                [.pointer, .union(size: 16, [.init(name: "a", type: 0, bitOffset: 3)])],
                .member(type: 1, member: 0, end: 67, bits: 128)
            ),
            (
                [.pointer, .structure(size: 8, [.init(name: "a", type: 0, bitOffset: .max)])],
                .member(type: 1, member: 0, end: 0xFFFF_FFFF + 64, bits: 64)
            ),
            (
                [.pointer, .structure(size: 8, [.init(name: "a", type: 0, bitOffset: 0, bitSize: 3)])],
                .bitField(type: 1, member: 0, bits: 3)
            ),
            (
                [
                    .integer(size: 1, .unsigned),
                    .structure(size: 8, [.init(name: "a", type: 0, bitOffset: 0, bitSize: 9)]),
                ],
                .bitField(type: 1, member: 0, bits: 9)
            ),
            (
                [
                    .integer(size: 16, .unsigned),
                    .structure(size: 16, [.init(name: "a", type: 0, bitOffset: 0, bitSize: 65)]),
                ],
                .bitField(type: 1, member: 0, bits: 65)
            ),
            (
                [.structure(size: 1, [.init(name: "a", type: 0, bitOffset: 0)])],
                .reference(type: 0, to: 0)
            ),
        ] as [([ValueType.Shape], ValueTypeError)])
    func refusals(shapes: [ValueType.Shape], refusal: ValueTypeError) throws {
        #expect(throws: refusal) { try ValueTypes(shapes.map { ValueType($0) }) }
        #expect(!"\(refusal)".isEmpty)
    }

    @Test("types are nested to the limit and no deeper")
    func depth() throws {
        var rows = [ValueType(.pointer)]
        for index in 0..<63 { rows.append(ValueType(.alias(index))) }
        #expect(try ValueTypes(rows).resolved(63) == 0)
        rows.append(ValueType(.alias(63)))
        #expect(throws: ValueTypeError.depth(type: 64, limit: 64)) { try ValueTypes(rows) }
    }

    @Test("a map whose type has another size, or is not there, is refused")
    func maps() throws {
        var package = try Self.package()
        package.maps[0].valueType = 9
        #expect(throws: PackageError.map(0, .typeOutOfRange(index: 9, count: 9))) { try package.serialized() }
        package.maps[0].valueType = 2
        #expect(throws: PackageError.map(0, .typeSize(index: 2, bytes: 8, expected: 40))) { try package.serialized() }
    }

    @Test("every byte of the table may be wrong: what is accepted survives its own bytes")
    func everyByte() throws {
        let bytes = try Self.package().serialized()
        var generator = SeededGenerator(seed: 7)
        var (accepted, refused) = (0, 0)
        for index in bytes.indices {
            for _ in 0..<24 {
                var copy = bytes
                copy[index] = UInt8.random(in: 0...255, using: &generator)
                do throws(PackageError) {
                    let package = try ObjectPackage(parsing: copy)
                    #expect(try ObjectPackage(parsing: package.serialized()) == package)
                    for type in package.valueTypes.types.indices { _ = package.valueTypes.size(of: type) }
                    accepted += 1
                } catch { refused += 1 }
            }
        }
        #expect(accepted > 500 && refused > 5_000, "\(accepted), \(refused)")
    }

    @Test("tables are joined without a type being there twice, and mean the same afterwards")
    func joining() throws {
        let table = try ValueTypes(Self.every)
        var builder = ValueTypesBuilder()
        let first = builder.adopt(8, of: table)
        let other = try ValueTypes([ValueType(.pointer), Self.every[0], ValueType(name: "__be32", .alias(1))])
        let second = builder.adopt(2, of: other)
        #expect(builder.adopt(8, of: table) == first)
        let joined = try builder.table()
        #expect(joined.types.count == 9 && joined.size(of: first) == 40 && joined.size(of: second) == 4)
        #expect(joined.types[first].name == "seen" && joined.types[second].name == "__be32")
    }
}

@Suite("The manifest of a directory of maps")
struct MapManifestTests {
    static func manifest() throws -> MapManifest {
        let package = try ValueTypesTests.package()
        return MapManifest(
            entries: [
                .init(package.maps[0], file: 3, offset: 4096, seedLow: 1 << 63, seedHigh: 5, lanes: 1),
                .init(
                    MapDefinition(name: "n", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1), file: 4, offset: 0,
                    seedLow: 0, seedHigh: 0, lanes: 2),
            ], valueTypes: package.valueTypes)
    }

    @Test("is read back as it was written, and numbers its next file")
    func roundTrip() throws {
        let manifest = try Self.manifest()
        #expect(try MapManifest(parsing: manifest.serialized()) == manifest)
        #expect(manifest.nextFile == 5 && MapManifest().nextFile == 1)
        #expect(try MapManifest(parsing: MapManifest().serialized()) == MapManifest())
    }

    @Test("joined with another it has that one's other maps, and no types that nobody names")
    func merging() throws {
        let old = try Self.manifest()
        var new = MapManifest(valueTypes: try ValueTypes([ValueType(name: "u32", .integer(size: 4, .unsigned))]))
        new.entries.append(
            .init(
                MapDefinition(
                    name: "m", type: 2, keySize: 4, valueSize: 4, maximumEntries: 1, keyType: 0, valueType: 0),
                file: 5, offset: 0, seedLow: 0, seedHigh: 0, lanes: 1))
        let merged = try new.merged(with: old)
        #expect(merged.entries.map(\.definition.name) == ["m", "n"] && merged.entries.map(\.file) == [5, 4])
        #expect(merged.valueTypes.types.map(\.name) == ["u32"])
    }

    @Test("every truncation and every wrong byte is a manifest or a named refusal")
    func hostile() throws {
        let bytes = try Self.manifest().serialized()
        for count in bytes.indices {
            #expect(throws: PackageError.self) { try MapManifest(parsing: Array(bytes[..<count])) }
        }
        var (accepted, refused) = (0, 0)
        for index in bytes.indices {
            for change: (UInt8) -> UInt8 in [{ $0 ^ 1 }, { $0 &+ 0x7F }, { _ in 0xFF }, { _ in 0 }] {
                var copy = bytes
                copy[index] = change(copy[index])
                do throws(PackageError) {
                    let manifest = try MapManifest(parsing: copy)
                    #expect(try MapManifest(parsing: manifest.serialized()) == manifest)
                    _ = manifest.nextFile
                    accepted += 1
                } catch { refused += 1 }
            }
        }
        #expect(accepted > 300 && refused > 1_000, "\(accepted), \(refused)")
        var copy = bytes
        copy.replaceSubrange(24..<32, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(
            throws: PackageError.limitExceeded(field: "file of a map", offset: 24, value: .max, limit: 1 << 62)
        ) { try MapManifest(parsing: copy) }
    }
}
