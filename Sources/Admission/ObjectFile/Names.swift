import ProgramPackage

/// Names out of string tables: bounded, UTF-8, and fit to be shown.
enum Name {
    /// The string at an offset of a table, as bytes up to its zero byte, or enough of them for
    /// ``checked(_:_:limit:mayBeEmpty:)`` to find it too long.
    static func bytes(
        in table: ByteView, at offset: UInt64, of tableName: String
    ) throws(ObjectError) -> ArraySlice<UInt8> {
        guard offset < table.count else {
            throw .stringOutOfRange(table: tableName, offset: offset, size: table.count)
        }
        guard let bytes = table.terminated(at: Int(offset), limit: PackageLimits.nameBytes) else {
            throw .stringUnterminated(table: tableName, offset: offset)
        }
        return bytes
    }

    /// A checked name. `what` says whose it is in an error.
    static func checked(
        _ bytes: ArraySlice<UInt8>, _ what: String, limit: Int = PackageLimits.nameBytes, mayBeEmpty: Bool = false
    ) throws(ObjectError) -> String {
        guard bytes.count <= limit else { throw .nameTooLong(what: what, bytes: bytes.count, limit: limit) }
        guard mayBeEmpty || !bytes.isEmpty else { throw .nameEmpty(what: what) }
        guard let name = String(validating: bytes, as: UTF8.self) else { throw .nameNotUTF8(what: what) }
        if let (_, scalar) = PackageText.firstForbidden(in: name, allowingTabs: false) {
            throw .nameForbiddenCharacter(what: what, scalar: scalar.value)
        }
        return name
    }
}
