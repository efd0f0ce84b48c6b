internal import Linux

extension Jail {
    /// The largest object that is read.
    package static let maximumObject = 64 << 20
    /// The largest answer of an admission jail.
    package static let maximumPackage: UInt64 = 16 << 20

    /// Has `object` read in a jail of its own, and returns the bytes of its package. They are hostile still.
    package func admit(_ object: [UInt8]) throws(EnclosureError) -> [UInt8] {
        let limit = UInt64(AdmissionJail.headerSize) + Self.maximumPackage
        let input = try enclosing { () throws(SystemError) in
            let input = try MemoryFile(name: "object", size: UInt64(object.count))
            try input.write(object)
            try input.seal()
            return input
        }
        let output = try enclosing { () throws(SystemError) in try MemoryFile(name: "package", size: limit) }
        let child = try start(JailMessage(.admit), [input.descriptor.rawValue, output.descriptor.rawValue])
        let status = try status(of: child.process)
        guard status == 0 else { throw .admissionDied(status: status) }
        return try answer(in: output)
    }

    private func answer(in output: borrowing MemoryFile) throws(EnclosureError) -> [UInt8] {
        let header: [UInt8]
        let status: UInt64
        let length: UInt64
        let bytes: [UInt8]
        do throws(SystemError) {
            // From here on nobody writes it, whoever still holds it.
            try output.seal()
            header = try read(output.descriptor, count: AdmissionJail.headerSize, at: 0)
            func word(_ index: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(header[index * 8 + $1]) << (8 * $1) } }
            status = word(0)
            length = word(1)
            bytes =
                length > Self.maximumPackage
                ? [] : try read(output.descriptor, count: Int(length), at: UInt64(AdmissionJail.headerSize))
        } catch { throw .system(error) }
        switch (status, length) {
        case (AdmissionJail.packageStatus, 1...Self.maximumPackage): return bytes
        case (AdmissionJail.refusalStatus, 0...UInt64(AdmissionJail.maximumRefusal)):
            throw .objectRefused(String(decoding: bytes, as: UTF8.self))
        case (let status, let length):
            throw .admissionAnswer(status: status, length: length, limit: Self.maximumPackage)
        }
    }
}
