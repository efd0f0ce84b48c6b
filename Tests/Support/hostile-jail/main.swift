internal import CLinux
internal import Enclosure
internal import ProgramPackage

// A helper whose verifier was taken over. It runs in the same jails as the real one. The "object" that it admits is a
// package already, and the package's licence says how the verifier behaves.
clinux_exit(
    Spawner.run(
        admit: { .answer($0) },
        verify: { bytes in
            do {
                let request = try VerificationRequest(parsing: bytes)
                return try Behaviour(ObjectPackage(parsing: request.package), request).answer()
            } catch { return .refused("\(error)") }
        }))
