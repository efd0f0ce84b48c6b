/// Why bytes are not a package, or a value cannot be one. Offsets are in bytes from the start of the package.
package enum PackageError: Error, Equatable, Sendable {
    case tooLarge(bytes: Int, limit: Int)
    case truncated(field: String, offset: Int, needed: Int, available: Int)
    case wrongMagic(UInt64)
    case unsupportedVersion(UInt32, supported: UInt32)
    /// The length in the header, or the length that the counts add up to, is not the number of bytes there are.
    case lengthMismatch(declared: UInt64, actual: Int)
    case limitExceeded(field: String, offset: Int, value: UInt64, limit: Int)
    /// A bit or field that has no meaning in this version is not zero.
    case reservedNotZero(field: String, offset: Int, value: UInt64)
    /// A number that stands for a kind of thing stands for none.
    case unknownKind(field: String, offset: Int, value: UInt32)
    /// A row of one table points past the end of another.
    case indexOutOfRange(field: String, offset: Int, index: UInt32, limit: Int)
    /// Rows of one table do not divide the other one in order and without gaps.
    case tableNotCovered(field: String, claimed: UInt64, available: Int)
    case notUTF8(field: String, offset: Int)
    /// A control character, or one that reorders text on a terminal (U+202A and relatives).
    case forbiddenCharacter(field: String, offset: Int, scalar: UInt32)
    case emptyName(field: String, offset: Int)
    case duplicateName(field: String, name: String)
    /// The initial contents of a map are neither absent nor exactly its one value.
    case initialValueSize(map: Int, bytes: Int, valueSize: UInt32)
    /// A program of zero slots, or one whose functions or lines are not in order or not in its code.
    case programHasNoCode(program: Int)
    case functionOutOfOrder(program: Int, function: Int, start: UInt32)
    case lineOutOfOrder(program: Int, line: Int, instruction: UInt32)
    case reference(program: Int, ReferenceError)
    case map(Int, MapProblem)
    case valueTypes(ValueTypeError)
    case facts(InstructionFactsError)

    /// What is wrong with a map beside its numbers.
    package enum MapProblem: Error, Equatable, Sendable {
        /// Only a map of maps has an inner map.
        case cannotHaveInner(type: UInt32)
        case innerOutOfRange(index: Int, count: Int)
        /// A map that no map of maps may hold, which includes every map of maps.
        case cannotBeInner(index: Int, type: UInt32)
        /// A definition that no map exists of is no map's inner map, or something else too.
        case templateMisused
        /// A spin lock or a timer that is not aligned, not in the value, or on top of the other.
        case fieldMisplaced(offset: UInt32, bytes: UInt32, valueSize: UInt32)
        case cannotHaveSlots(type: UInt32, keySize: UInt32)
        case slotOutOfRange(index: UInt32, entries: UInt32)
        case slotOutOfOrder(index: UInt32)
        case slotKind(index: UInt32)
        case slotMapOutOfRange(index: UInt32, map: Int, count: Int)
        /// The map in a slot is not what programs may take it for.
        case slotUnlikeInner(index: UInt32, map: Int)
        case slotProgramMissing(index: UInt32, program: String)
        case typeOutOfRange(index: Int, count: Int)
        case typeSize(index: Int, bytes: Int, expected: UInt32)
    }
}

extension PackageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let bytes, let limit):
            "the package has \(bytes) bytes; the limit is \(limit)"
        case .truncated(let field, let offset, let needed, let available):
            "offset \(offset): \(field) needs \(needed) bytes and \(available) are left"
        case .wrongMagic(let magic):
            "offset 0: not a package (magic 0x\(String(magic, radix: 16)))"
        case .unsupportedVersion(let version, let supported):
            "offset 8: package version \(version); this build reads version \(supported)"
        case .lengthMismatch(let declared, let actual):
            "the header declares \(declared) bytes and there are \(actual)"
        case .limitExceeded(let field, let offset, let value, let limit):
            "offset \(offset): \(field) is \(value); the limit is \(limit)"
        case .reservedNotZero(let field, let offset, let value):
            "offset \(offset): reserved bits of \(field) are 0x\(String(value, radix: 16)), not 0"
        case .unknownKind(let field, let offset, let value):
            "offset \(offset): \(field) is \(value), which means nothing"
        case .indexOutOfRange(let field, let offset, let index, let limit):
            "offset \(offset): \(field) is \(index); there are \(limit)"
        case .tableNotCovered(let field, let claimed, let available):
            "the rows claim \(claimed) \(field) and there are \(available)"
        case .notUTF8(let field, let offset):
            "\(field) is not UTF-8 (byte \(offset) of the string)"
        case .forbiddenCharacter(let field, let offset, let scalar):
            "\(field) holds the control character U+\(String(scalar, radix: 16, uppercase: true)) (byte \(offset) of the string)"
        case .emptyName(let field, let offset):
            "offset \(offset): \(field) is empty"
        case .duplicateName(let field, let name):
            "two of \(field) are named '\(name)'"
        case .initialValueSize(let map, let bytes, let valueSize):
            "map \(map) has \(bytes) initial bytes for a value of \(valueSize)"
        case .programHasNoCode(let program):
            "program \(program) has no code"
        case .functionOutOfOrder(let program, let function, let start):
            "program \(program): function \(function) starting at slot \(start) is out of order or outside the code"
        case .lineOutOfOrder(let program, let line, let instruction):
            "program \(program): line record \(line) for slot \(instruction) is out of order or outside the code"
        case .reference(let program, let error):
            "program \(program): \(error)"
        case .map(let map, let problem):
            "map \(map): \(problem)"
        case .valueTypes(let problem):
            "\(problem)"
        case .facts(let problem):
            "\(problem)"
        }
    }
}

extension PackageError.MapProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotHaveInner(let type): "a map of type \(type) holds no maps"
        case .innerOutOfRange(let index, let count): "its inner map is \(index); there are \(count)"
        case .cannotBeInner(let index, let type): "its inner map, \(index), is of type \(type), which no map may hold"
        case .templateMisused: "a template that is not only a pattern for what another map holds"
        case .fieldMisplaced(let offset, let bytes, let valueSize):
            "a lock or timer of \(bytes) bytes at \(offset) of a value of \(valueSize)"
        case .cannotHaveSlots(let type, let keySize):
            "a map of type \(type) with keys of \(keySize) bytes cannot be filled from the start"
        case .slotOutOfRange(let index, let entries): "slot \(index) of \(entries)"
        case .slotOutOfOrder(let index): "slot \(index) is out of order"
        case .slotKind(let index): "slot \(index) holds what such a map cannot"
        case .slotMapOutOfRange(let index, let map, let count): "slot \(index) holds map \(map); there are \(count)"
        case .slotUnlikeInner(let index, let map): "slot \(index) holds map \(map), which is not like the inner map"
        case .slotProgramMissing(let index, let program):
            "slot \(index) holds program '\(program)', which the object does not have"
        case .typeOutOfRange(let index, let count): "its keys or values are of type \(index); there are \(count)"
        case .typeSize(let index, let bytes, let expected):
            "its keys or values have \(expected) bytes, and their type (\(index)) has \(bytes)"
        }
    }
}
