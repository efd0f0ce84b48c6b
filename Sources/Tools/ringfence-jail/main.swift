internal import CLinux
internal import Enclosure
internal import ObjectFile
internal import ProgramPackage

// The helper that ringfence starts: a spawner of jails. Not for people to run; it talks over a descriptor that it inherits.
clinux_exit(
    Spawner.run { object in
        do {
            return .package(try ObjectReader.read(object).serialized())
        } catch {
            return .refused("\(error)")
        }
    })
