internal import ProgramPackage

extension Verifier {
    /// Does what a request asks for, from bytes to bytes: reads the package as if its maker were hostile, verifies each
    /// program that is named, and writes down what came out.
    package static func verify(request bytes: [UInt8]) throws -> [UInt8] {
        let request = try VerificationRequest(parsing: bytes)
        let package = try ObjectPackage(parsing: request.package)
        var verification = Verification(options: request.options, programs: [])
        for index in request.programs {
            guard package.programs.indices.contains(index) else {
                throw VerificationError.otherPrograms(
                    asked: request.programs, answered: Array(package.programs.indices))
            }
            verification.programs.append(verify(program: index, of: package, options: request.options))
        }
        return try verification.serialized()
    }
}
