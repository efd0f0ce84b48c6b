package import PolicyCore
internal import ProgramPackage
internal import Prototypes

extension ProgramIdentity {
    /// What the program's instructions mean here: a digest over what programs of its type are given, and what they may call.
    ///
    /// - Parameter given: what it is a program of, whatever its section says.
    package static func platform(of section: String, _ given: ProgramType? = nil) -> Fact<ContentDigest> {
        let row =
            given.map { type in ProgramDescriptor.all.first { "\($0.name)" == type.rawValue } }
            ?? ProgramDescriptor.row(section: section)
        guard let row else { return .unknown(.extractionFailed("section \(section)")) }
        let text = row.platformText(verifier: Verification.currentVersion)
        return .known(ContentDigest(sha256Of: Array(text.utf8)), .proven)
    }
}
