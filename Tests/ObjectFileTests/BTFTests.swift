import ProgramPackage
import Testing

@testable import ObjectFile

/// Makes `.BTF` and `.BTF.ext` sections by hand.
struct BTFBuilder {
    private(set) var types: [UInt8] = []
    var strings: [UInt8] = [0]

    mutating func name(_ text: String) -> UInt32 {
        defer { strings += Array(text.utf8) + [0] }
        return UInt32(strings.count)
    }

    mutating func type(_ kind: BTF.Kind, name: UInt32 = 0, count: Int = 0, _ sizeOrType: UInt32, tail: [UInt32] = []) {
        types += [name, UInt32(kind.rawValue) << 24 | UInt32(count), sizeOrType].flatMap(Self.bytes)
        types += tail.flatMap(Self.bytes)
    }

    var section: [UInt8] {
        [0x0001_EB9F, 24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)].flatMap(Self.bytes)
            + types
            + strings
    }

    /// A `.BTF.ext` section with line records only.
    static func lines(section name: UInt32, _ records: [(offset: UInt32, text: UInt32)]) -> [UInt8] {
        let table: [UInt32] = [16, name, UInt32(records.count)] + records.flatMap { [$0.offset, 0, $0.text, 1 << 10] }
        let header: [UInt32] = [0x0001_EB9F, 24, 0, 0, 0, UInt32(table.count * 4)]
        return (header + table).flatMap(bytes)
    }

    static func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
}

@Suite("Types of an object")
struct BTFTests {
    private func types(_ build: (inout BTFBuilder) -> Void) throws(ObjectError) -> BTF {
        var builder = BTFBuilder()
        build(&builder)
        return try BTF(parsing: ByteView(bytes: builder.section))
    }

    @Test("sizes are those of the types")
    func sizes() throws {
        let types = try types {
            $0.type(.integer, 4, tail: [32])  // 1
            $0.type(.array, 0, tail: [1, 1, 6])  // 2: int[6]
            $0.type(.array, 0, tail: [2, 1, 3])  // 3: int[3][6]
            $0.type(.typedef, 3)  // 4
            $0.type(.const, 4)  // 5
            $0.type(.pointer, 0)  // 6: void *
            $0.type(.array, 0, tail: [6, 1, 2])  // 7
            $0.type(.structure, count: 1, 24, tail: [0, 1, 0])  // 8
            $0.type(.enumeration64, 8)  // 9
            $0.type(.float, 16)  // 10
            $0.type(.array, 0, tail: [8, 1, 0])  // 11
        }
        #expect(try (1...11).map { try types.size(of: $0) } == [4, 24, 72, 72, 72, 8, 16, 24, 8, 16, 0])
    }

    @Test("types without a size, or within themselves, are refused")
    func noSize() throws {
        let types = try types {
            $0.type(.typedef, 2)  // 1 and 2: a circle
            $0.type(.volatile, 1)
            $0.type(.array, 0, tail: [3, 3, 1])  // 3: an array of itself
            $0.type(.integer, 1 << 20, tail: [0])  // 4
            $0.type(.array, 0, tail: [4, 4, 1 << 12])  // 5: 4 GiB
            $0.type(.forward, 0)  // 6
            $0.type(.const, 0)  // 7: const void
            $0.type(.functionPrototype, 0)  // 8
            $0.type(.array, 0, tail: [5, 4, .max])  // 9
        }
        func refusal(_ type: UInt32) -> BTFProblem? {
            do throws(ObjectError) {
                _ = try types.size(of: type)
                return nil
            } catch {
                guard case .btf(".BTF", _, let problem) = error else { return nil }
                return problem
            }
        }
        #expect(refusal(1) == .tooDeep(type: 1, limit: 32))
        #expect(refusal(3) == .tooDeep(type: 3, limit: 32))
        #expect(refusal(5) == .sizeOverflow(type: 5))
        #expect(refusal(6) == .wrongKind(type: 6, expected: "of some size"))
        #expect(refusal(7) == .wrongKind(type: 0, expected: "of some size, not void"))
        #expect(refusal(8) == .wrongKind(type: 8, expected: "of some size"))
        #expect(refusal(9) == .sizeOverflow(type: 9))
    }

    @Test("typedefs may be nested to the limit and no deeper")
    func depth() throws {
        let types = try types {
            $0.type(.integer, 4, tail: [32])
            for type in UInt32(1)...33 { $0.type(.typedef, type) }
        }
        #expect(try types.size(of: 33) == 4)
        #expect(throws: ObjectError.btf(section: ".BTF", offset: 0, .tooDeep(type: 34, limit: 32))) {
            try types.size(of: 34)
        }
    }

    @Test(
        "references out of range are refused where they stand",
        arguments: [
            (.pointer, [], 9), (.typedef, [], 9), (.variable, [0], 9), (.typeTag, [], 9), (.declarationTag, [0], 9),
            (.array, [9, 0, 1], 0), (.array, [0, 9, 1], 0), (.structure, [0, 9, 0], 0), (.union, [0, 9, 0], 0),
            (.functionPrototype, [0, 9], 0), (.functionPrototype, [0, 0], 9), (.dataSection, [9, 0, 0], 0),
        ] as [(BTF.Kind, [UInt32], UInt32)])
    func references(kind: BTF.Kind, tail: [UInt32], type: UInt32) {
        let count = [.structure, .union, .functionPrototype, .dataSection].contains(kind) ? 1 : 0
        do throws(ObjectError) {
            _ = try types { $0.type(kind, count: count, type, tail: tail) }
            Issue.record("accepted")
        } catch {
            guard case .btf(".BTF", _, .typeOutOfRange(9, count: 1)) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test(
        "names of members out of range are refused",
        arguments: [(.structure, 3), (.enumeration, 2), (.enumeration64, 3), (.functionPrototype, 2)]
            as [(BTF.Kind, Int)])
    func memberNames(kind: BTF.Kind, words: Int) {
        let tail = [UInt32](repeating: 0, count: words - 1)
        #expect(throws: ObjectError.btf(section: ".BTF", offset: 36, .nameOutOfRange(7, size: 1))) {
            try types { $0.type(kind, count: 1, 0, tail: [7] + tail) }
        }
    }

    @Test("a function whose type is none is refused")
    func functionType() {
        #expect(
            throws: ObjectError.btf(
                section: ".BTF", offset: 32, .wrongKind(type: 1, expected: "a function's prototype"))
        ) {
            try types { $0.type(.function, 1) }
        }
    }

    @Test("a type cut short is refused")
    func cut() {
        #expect(
            throws: ObjectError.btf(
                section: ".BTF", offset: 36, .truncated(what: "the rest of a type", needed: 12 * 65_535, available: 12))
        ) {
            try types { $0.type(.structure, count: 65_535, 0, tail: [0, 0, 0]) }
        }
    }
}
