/// What a verification jail is given: which programs of which package, and what they may cost.
package struct VerificationRequest: Equatable, Sendable {
    package var options: VerifierOptions
    /// Indices into the package's programs, ascending.
    package var programs: [Int]
    /// The bytes of the package, as the jail that read the object made them.
    package var package: [UInt8]

    package init(options: VerifierOptions, programs: [Int], package: [UInt8]) {
        self.options = options
        self.programs = programs
        self.package = package
    }

    package func serialized() throws(VerificationError) -> [UInt8] {
        var writer = PackageWriter()
        writer.put(VerificationWire.requestMagic)
        writer.put(VerificationWire.version)
        let length = VerificationWire.requestHeaderBytes + programs.count * 4 + package.count
        writer.put(UInt32(truncatingIfNeeded: length))
        try options.put(to: &writer)
        writer.put(UInt32(truncatingIfNeeded: programs.count))
        writer.put(UInt32(truncatingIfNeeded: package.count))
        for program in programs { writer.put(UInt32(truncatingIfNeeded: program)) }
        writer.bytes += package
        _ = try Self(parsing: writer.bytes)
        return writer.bytes
    }

    package init(parsing whole: [UInt8]) throws(VerificationError) {
        let limit =
            VerificationWire.requestHeaderBytes + PackageLimits.programs * 4 + PackageLimits.packageBytes
        guard whole.count <= limit else { throw .tooLarge(bytes: whole.count, limit: limit) }
        let bytes = whole.span
        var reader = VerificationReader()
        try reader.start(bytes, magic: VerificationWire.requestMagic)
        options = try VerifierOptions(bytes, &reader)
        let count = try reader.bounded(bytes, "count of programs", limit: PackageLimits.programs)
        let packageBytes = try reader.bounded(bytes, "bytes of the package", limit: PackageLimits.packageBytes)
        var indices: [Int] = []
        for _ in 0..<count {
            indices.append(try reader.bounded(bytes, "index of a program", limit: PackageLimits.programs - 1))
        }
        _ = try reader.take(packageBytes, of: bytes, "package")
        guard reader.offset == bytes.count else {
            throw .format(.lengthMismatch(declared: UInt64(reader.offset), actual: bytes.count))
        }
        for (row, index) in indices.enumerated() where row > 0 && index <= indices[row - 1] {
            throw .programOutOfOrder(row: row, index: UInt32(index))
        }
        programs = indices
        package = Array(whole.suffix(packageBytes))
    }
}
