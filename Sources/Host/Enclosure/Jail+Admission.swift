internal import Linux

extension Jail {
    /// The largest answer of an admission jail.
    package static let maximumPackage: UInt64 = 16 << 20

    /// Has an object read in a jail of its own, and returns the bytes of its package. They are hostile still.
    ///
    /// - Parameter request: the object and what goes with it, as the helper executable's reader takes it.
    package func admit(_ request: [UInt8]) throws(EnclosureError) -> [UInt8] {
        let limit = UInt64(AdmissionJail.headerSize) + Self.maximumPackage
        let input = try enclosing { () throws(SystemError) in
            let input = try MemoryFile(name: "object", size: UInt64(request.count))
            try input.write(request)
            try input.seal()
            return input
        }
        let output = try enclosing { () throws(SystemError) in try MemoryFile(name: "package", size: limit) }
        let child = try start(JailMessage(.admit), [input.descriptor.rawValue, output.descriptor.rawValue])
        let status = try status(of: child.process)
        guard status == 0 else { throw .admissionDied(status: status) }
        let answer = try Answer(in: output, limit: Self.maximumPackage)
        switch answer.kind {
        case .answer: return answer.bytes
        case .refusal: throw .objectRefused(String(decoding: answer.bytes, as: UTF8.self))
        case .nonsense: throw .admissionAnswer(status: answer.status, length: answer.length, limit: Self.maximumPackage)
        }
    }
}

/// What a jail wrote, copied once nobody can write it any more.
struct Answer {
    enum Kind { case answer, refusal, nonsense }

    let kind: Kind
    let status: UInt64
    let length: UInt64
    let bytes: [UInt8]

    init(in output: borrowing MemoryFile, limit: UInt64) throws(EnclosureError) {
        do throws(SystemError) {
            // From here on nobody writes it, whoever still holds it.
            try output.seal()
            let header = try read(output.descriptor, count: AdmissionJail.headerSize, at: 0)
            func word(_ index: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(header[index * 8 + $1]) << (8 * $1) } }
            status = word(0)
            length = word(1)
            bytes =
                length > limit
                ? [] : try read(output.descriptor, count: Int(length), at: UInt64(AdmissionJail.headerSize))
        } catch { throw .system(error) }
        kind =
            switch (status, length) {
            case (AdmissionJail.answerStatus, _) where (1...limit).contains(length): .answer
            case (AdmissionJail.refusalStatus, 0...UInt64(AdmissionJail.maximumRefusal)): .refusal
            case _: .nonsense
            }
    }
}
