internal import CLinux
internal import Enclosure
internal import ObjectFile
internal import ProgramPackage
internal import Verifier

// The helper that ringfence starts: a spawner of jails. Not for people to run; it talks over a descriptor that it inherits.
clinux_exit(
    Spawner.run(
        admit: { object in
            do { return .answer(try ObjectReader.read(object).serialized()) } catch { return .refused("\(error)") }
        },
        verify: { request in
            do { return .answer(try Verifier.verify(request: request)) } catch { return .refused("\(error)") }
        }))
