internal import CLinux
internal import Compilation
internal import Confirmation
internal import Enclosure
internal import ObjectFile
internal import ProgramPackage
internal import Verifier

// The helper that ringfence starts: a spawner of jails. Not for people to run; it talks over a descriptor that it inherits.
clinux_exit(
    Spawner.run(
        admit: { request in
            do {
                let request = try AdmissionRequest(parsing: request)
                return .answer(try ObjectReader.read(request.object, in: request.environment).serialized())
            } catch { return .refused("\(error)") }
        },
        verify: { request in
            do {
                // The memory in which programs are tried, for as long as there is something to try.
                var arena: Arena?
                return .answer(
                    try Verifier.verify(request: request) { finding, trace, program, package, descriptor in
                        let place = arena ?? Arena()
                        arena = place
                        return Confirmation.confirm(
                            finding: finding, trace: trace, program: program, package: package, descriptor: descriptor,
                            arena: place)
                    })
            } catch { return .refused("\(error)") }
        },
        compile: { request in
            do { return .answer(try Compilation.compile(request: request)) } catch { return .refused("\(error)") }
        }))
