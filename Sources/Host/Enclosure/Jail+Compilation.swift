extension Jail {
    /// The largest answer to a request for a compilation: a cell's room for code, and a map of it.
    package static let maximumCompilation: UInt64 = 8 << 20
    /// A compilation takes time and memory in proportion to the program; the largest ones take a hundredth of this.
    private static let compilationLimits = VerificationLimits(
        memory: 256 << 20, cpuMilliseconds: 2_000, wallMilliseconds: 10_000)

    /// Has a program compiled in a jail of its own, which holds that program and nothing else.
    ///
    /// - Parameter request: the program, as the helper executable's compiler reads it.
    /// - Returns: machine code and a map of it; hostile still. Whoever takes the compiler over has code in a cell, where any
    ///   program has.
    package func compile(_ request: [UInt8]) throws(EnclosureError) -> [UInt8] {
        switch try ask(.compile, request, Self.compilationLimits, maximumAnswer: Self.maximumCompilation) {
        case .ended(let status, let isLate): throw .compilationDied(status: status, isLate: isLate)
        case .answered(let answer):
            switch answer.kind {
            case .answer: return answer.bytes
            case .refusal: throw .compilationRefused(String(decoding: answer.bytes, as: UTF8.self))
            case .nonsense:
                throw .compilationAnswer(
                    status: answer.status, length: answer.length, limit: Self.maximumCompilation)
            }
        }
    }
}
