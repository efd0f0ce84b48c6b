internal import ProgramPackage
internal import Sandbox

/// How `inspect` and `disassemble` get at an object: in a jail, from a process that is locked down, like `run`.
enum InspectObject {
    static func load(_ path: String, _ environment: DeclaredEnvironment) throws -> LoadedObject {
        try Broker().load(path, environment)
    }
}
