/// ``PackageReader`` for verifications: what is wrong with the bytes comes out as a ``VerificationError``.
struct VerificationReader {
    private var reader = PackageReader()

    var offset: Int { reader.offset }

    mutating func uint32(_ bytes: Span<UInt8>, _ field: String) throws(VerificationError) -> UInt32 {
        do throws(PackageError) { return try reader.uint32(bytes, field) } catch { throw .format(error) }
    }

    mutating func uint64(_ bytes: Span<UInt8>, _ field: String) throws(VerificationError) -> UInt64 {
        do throws(PackageError) { return try reader.uint64(bytes, field) } catch { throw .format(error) }
    }

    mutating func take(_ count: Int, of bytes: Span<UInt8>, _ field: String) throws(VerificationError) -> Int {
        do throws(PackageError) { return try reader.take(count, of: bytes, field) } catch { throw .format(error) }
    }

    mutating func bounded(_ bytes: Span<UInt8>, _ field: String, limit: Int) throws(VerificationError) -> Int {
        do throws(PackageError) { return try reader.bounded(bytes, field, limit: limit) } catch {
            throw .format(error)
        }
    }

    mutating func flags(_ bytes: Span<UInt8>, _ field: String, known: UInt32) throws(VerificationError) -> UInt32 {
        do throws(PackageError) { return try reader.flags(bytes, field, known: known) } catch { throw .format(error) }
    }

    /// A sentence of the verifier, by its index in the table.
    mutating func text(
        _ bytes: Span<UInt8>, from table: [TableString], _ field: String
    ) throws(VerificationError) -> String {
        do throws(PackageError) {
            return try reader.string(bytes, from: table, field, limit: PackageLimits.findingTextBytes)
        } catch { throw .format(error) }
    }

    /// One of a closed set of numbers.
    mutating func word<Word: RawRepresentable<UInt8>>(
        _ bytes: Span<UInt8>, _ field: String
    ) throws(VerificationError) -> Word {
        let at = offset
        let value = try uint32(bytes, field)
        guard let number = UInt8(exactly: value), let word = Word(rawValue: number) else {
            throw .unknownValue(field: field, offset: at, value: value)
        }
        return word
    }

    /// The first fields of both the request and the verification.
    mutating func start(_ bytes: Span<UInt8>, magic expected: UInt64) throws(VerificationError) {
        let magic = try uint64(bytes, "magic")
        guard magic == expected else { throw .wrongMagic(magic) }
        let version = try uint32(bytes, "version")
        guard version == VerificationWire.version else {
            throw .unsupportedVersion(version, supported: VerificationWire.version)
        }
        let length = try uint32(bytes, "length")
        guard length == bytes.count else {
            throw .format(.lengthMismatch(declared: UInt64(length), actual: bytes.count))
        }
    }
}
