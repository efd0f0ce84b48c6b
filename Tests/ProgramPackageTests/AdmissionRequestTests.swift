import ProgramPackage
import Testing

@Suite("What an admission jail is given")
struct AdmissionRequestTests {
    @Test(
        "it comes back as it was, what nobody declared apart from what is empty",
        arguments: [
            ObjectEnvironment.none, ObjectEnvironment(kernelConfig: []), ObjectEnvironment(types: [1, 2]),
            ObjectEnvironment(kernelConfig: [3], types: []),
        ])
    func roundTrip(environment: ObjectEnvironment) throws {
        for object in [[], [7, 8, 9]] as [[UInt8]] {
            let request = AdmissionRequest(object: object, environment: environment)
            #expect(try AdmissionRequest(parsing: request.serialized()) == request)
        }
    }

    @Test("one that is cut, longer, of another kind, or claims more than there may be is refused by name")
    func damage() throws {
        let bytes = AdmissionRequest(object: [1, 2, 3], environment: ObjectEnvironment(types: [4])).serialized()
        for count in bytes.indices {
            #expect(throws: PackageError.self) { try AdmissionRequest(parsing: Array(bytes[..<count])) }
        }
        #expect(throws: PackageError.lengthMismatch(declared: 44, actual: 45)) {
            try AdmissionRequest(parsing: bytes + [0])
        }
        var other = bytes
        other[0] ^= 1
        #expect(throws: PackageError.self) { try AdmissionRequest(parsing: other) }
        other = bytes
        other[12] = 4
        #expect(throws: PackageError.self) { try AdmissionRequest(parsing: other) }
        other = bytes
        other.replaceSubrange(16..<24, with: [UInt8](repeating: 0xFF, count: 8))
        #expect(
            throws: PackageError.limitExceeded(
                field: "bytes of the object", offset: 16, value: .max, limit: AdmissionRequest.objectBytes)
        ) { try AdmissionRequest(parsing: other) }
    }
}
