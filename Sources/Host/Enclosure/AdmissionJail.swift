internal import CLinux
internal import Confinement
internal import Linux

/// What the reader of objects, or the verifier of packages, says.
package enum AdmissionOutcome: Equatable, Sendable {
    /// The bytes of a package, or of a verification.
    case answer([UInt8])
    /// What is wrong with the input, in words.
    case refused(String)
}

/// The child that works on one hostile input, an object or a package: it has that, its output, and nothing else.
///
/// ```
/// output + 0   1: answer, 2: refusal
///        + 8   length
///        + 16  bytes
/// ```
enum AdmissionJail {
    static let headerSize = 16
    static let answerStatus: UInt64 = 1
    static let refusalStatus: UInt64 = 2
    /// More would be a flood: a refusal is a sentence.
    static let maximumRefusal = 4096

    static func run(_ descriptors: [Int32], _ plan: ConfinementPlan, _ work: Spawner.Work) -> Int32 {
        do {
            guard descriptors.count == 2 else { return 4 }
            let input = try FileDescriptor(renumbering: descriptors[0], to: JailPlans.inputDescriptor)
            let output = try FileDescriptor(renumbering: descriptors[1], to: JailPlans.outputDescriptor)
            let whole = try read(input, limit: Int.max)
            let confined = try Confinement(plan).lockDown()
            _ = confined
            let (status, bytes): (UInt64, [UInt8]) =
                switch work(whole) {
                case .answer(let bytes): (answerStatus, bytes)
                case .refused(let text): (refusalStatus, Array(text.utf8.prefix(maximumRefusal)))
                }
            var header: [UInt8] = []
            for word in [status, UInt64(bytes.count)] {
                for shift in 0..<8 { header.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
            }
            try write(bytes, to: output, at: headerSize)
            try write(header, to: output, at: 0)
            _ = input.release()
            _ = output.release()
            return 0
        } catch {
            Spawner.report("the admission jail ends: \(error)")
            return 4
        }
    }

    private static func write(_ bytes: [UInt8], to output: borrowing FileDescriptor, at start: Int) throws(SystemError)
    {
        var done = 0
        while done < bytes.count {
            // SAFETY: the pointer is valid for `bytes.count - done` bytes during the call.
            let written = unsafe bytes.withUnsafeBytes {
                unsafe clinux_write_at(
                    output.rawValue, $0.baseAddress.unsafelyUnwrapped + done, UInt64(bytes.count - done),
                    UInt64(start + done))
            }
            done += try checked("pwrite", Int(written))
        }
    }
}
