internal import Bytecode
internal import CLinux
internal import Enclosure
internal import ProgramPackage

// A helper whose verifier and compiler were taken over. It runs in the same jails as the real one. The "object" that it admits is a
// package already, and the package's licence says how the verifier behaves.
clinux_exit(
    Spawner.run(
        admit: { request in
            do { return .answer(try AdmissionRequest(parsing: request).object) } catch { return .refused("\(error)") }
        },
        verify: { bytes in
            do {
                let request = try VerificationRequest(parsing: bytes)
                return try Behaviour(ObjectPackage(parsing: request.package), request).answer()
            } catch { return .refused("\(error)") }
        },
        compile: { bytes in
            do {
                let request = try CompilationRequest(parsing: bytes)
                if let bug = PlantedBug(of: request) { return .answer(try bug.compile(request).serialized()) }
                // mov $39, %eax; syscall: getpid, where there is somebody to ask.
                let code: [UInt8] = [0xB8, 0x27, 0, 0, 0, 0x0F, 0x05]
                // A taken-over compiler may also lie about what its code was made of: where the program begins with `r0 = 3`.
                let count = request.code.first?.immediate == 3 ? 1 : request.code.count
                let map = CodeMap(starts: Array(repeating: 0, count: count), outlined: [], size: UInt32(code.count))
                return .answer(try CompiledProgram(bytes: code, map: map).serialized())
            } catch { return .refused("\(error)") }
        }))
