internal import Crypto
package import Enclosure
internal import Linux
package import PolicyCore
package import ProgramPackage

/// An object as admission made it, and what it was made of.
package struct LoadedObject: Sendable {
    package let package: ObjectPackage
    /// The bytes that ``package`` was read from: what the verifier is given.
    package let packageBytes: [UInt8]
    /// SHA-256 of the file.
    package let digest: ContentDigest
    /// What the admission jail was given.
    package let source: AdmissionRequest
    /// What the verifier says of the programs that it was asked about.
    package internal(set) var verification: Verification?
}

/// Reads objects, each in a jail of its own.
package enum ObjectLoader {
    /// Reads the file once, has it parsed in a jail, and checks what comes back.
    package static func load(
        path: String, environment: ObjectEnvironment = .none, in jail: Jail
    ) throws(SandboxError) -> LoadedObject {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try readFile(path, limit: AdmissionRequest.objectBytes) } catch {
            throw .file(path: path, error)
        }
        return try load(bytes, environment: environment, in: jail)
    }

    /// The same of bytes that are at hand.
    package static func load(
        _ bytes: [UInt8], environment: ObjectEnvironment = .none, in jail: Jail
    ) throws(SandboxError) -> LoadedObject {
        let request = AdmissionRequest(object: bytes, environment: environment)
        let answer: [UInt8]
        do throws(EnclosureError) { answer = try jail.admit(request.serialized()) } catch { throw .enclosure(error) }
        do throws(PackageError) {
            return LoadedObject(
                package: try ObjectPackage(parsing: answer), packageBytes: answer,
                digest: ContentDigest(sha256Of: bytes), source: request, verification: nil)
        } catch { throw .package(error) }
    }
}

extension ContentDigest {
    package init(sha256Of bytes: [UInt8]) { self.init(sha256: SHA256.hash(data: bytes)) }

    private init(sha256 digest: SHA256.Digest) {
        guard let made = ContentDigest(Array(digest)) else { preconditionFailure("a SHA-256 digest has 32 bytes") }
        self = made
    }
}
