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
        }
    }
}
