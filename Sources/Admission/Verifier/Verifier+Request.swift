package import ProgramPackage
package import Prototypes

extension Verifier {
    /// Tries to break a program at a finding: the finding, the way to it, the program, its package and its type.
    package typealias Confirm = (Finding, Trace, Program, ObjectPackage, ProgramDescriptor) -> Finding.Confirmation

    /// Findings of one program that are tried; more of them would only be more of the same.
    private static let confirmations = 8

    /// Does what a request asks for, from bytes to bytes: reads the package as if its maker were hostile, verifies each
    /// program that is named, and writes down what came out.
    package static func verify(request bytes: [UInt8], confirm: Confirm) throws -> [UInt8] {
        let request = try VerificationRequest(parsing: bytes)
        let package = try ObjectPackage(parsing: request.package)
        var verification = Verification(options: request.options, programs: [])
        for index in request.programs {
            guard package.programs.indices.contains(index) else {
                throw VerificationError.otherPrograms(
                    asked: request.programs, answered: Array(package.programs.indices))
            }
            verification.programs.append(
                verify(program: index, of: package, options: request.options, confirm: confirm))
        }
        return try verification.serialized()
    }

    /// As ``verify(program:of:options:)``, each finding tried.
    package static func verify(
        program index: Int, of package: ObjectPackage, options: VerifierOptions, confirm: Confirm
    ) -> ProgramVerification {
        var (verification, traces) = analyse(program: index, of: package, options: options)
        let program = package.programs[index]
        guard options.confirms, let descriptor = descriptor(program.section, options) else { return verification }
        for position in verification.findings.indices.prefix(confirmations) {
            let trace = traces.first { $0.finding == position } ?? Trace(finding: position, branches: [])
            verification.findings[position].confirmation = confirm(
                verification.findings[position], trace, program, package, descriptor)
        }
        return verification
    }
}
